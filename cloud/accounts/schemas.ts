import { Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp } from '../platform/index.ts';

const strict = { additionalProperties: false };

/** The languages that we write to customers in (BCP 47). */
export const languages = ['en', 'es', 'pt', 'zh-Hant'] as const;
export const Language = Type.Enum([...languages]);
export type Language = Static<typeof Language>;

export const AccountInput = Type.Object(
  { name: PersonReadableName, parentId: Type.Optional(Nullable(Uuid)) },
  strict,
);
export type AccountInput = Static<typeof AccountInput>;

export const Account = Type.Object({
  id: Uuid,
  name: Type.String(),
  parentId: Nullable(Uuid),
  ...recordStamp,
});
export type Account = Static<typeof Account>;

export const emailPattern = '^[^\\s@]{1,64}@[^\\s@.]+(\\.[^\\s@.]+)*$';
export const emailCharactersMax = 254;

export const ContactInput = Type.Object(
  {
    accountId: Uuid,
    fullName: PersonReadableName,
    email: Type.Optional(Nullable(Type.String({ maxLength: emailCharactersMax, pattern: emailPattern }))),
    /** International form, with the plus sign; spaces and hyphens are allowed and left out. */
    phone: Type.Optional(Nullable(Type.String({ minLength: 4, maxLength: 40 }))),
    language: Type.Optional(Language),
    primary: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type ContactInput = Static<typeof ContactInput>;

export const Contact = Type.Object({
  id: Uuid,
  accountId: Uuid,
  accountName: Type.String(),
  fullName: Type.String(),
  email: Nullable(Type.String()),
  phone: Nullable(Type.String()),
  language: Language,
  primary: Type.Boolean(),
  ...recordStamp,
});
export type Contact = Static<typeof Contact>;

const searchText = Type.Optional(Type.String({ maxLength: 200 }));
export const AccountsQuery = Type.Object(
  { ...pageQuery, q: searchText, parentId: Type.Optional(Uuid) },
  strict,
);
export type AccountsQuery = Static<typeof AccountsQuery>;
export const ContactsQuery = Type.Object(
  { ...pageQuery, q: searchText, accountId: Type.Optional(Uuid) },
  strict,
);
export type ContactsQuery = Static<typeof ContactsQuery>;

export const ById = Type.Object({ id: Uuid });

export const SiteInput = Type.Object(
  {
    accountId: Uuid,
    name: PersonReadableName,
    address: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }))),
    /** WGS 84, in degrees; both or none. */
    latitude: Type.Optional(Nullable(Type.Number({ minimum: -90, maximum: 90 }))),
    longitude: Type.Optional(Nullable(Type.Number({ minimum: -180, maximum: 180 }))),
    /** IANA, such as America/Bogota. */
    timeZone: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 64 }))),
  },
  strict,
);
export type SiteInput = Static<typeof SiteInput>;

export const Site = Type.Object({
  id: Uuid,
  accountId: Uuid,
  accountName: Type.String(),
  name: Type.String(),
  address: Nullable(Type.String()),
  latitude: Nullable(Type.Number()),
  longitude: Nullable(Type.Number()),
  timeZone: Nullable(Type.String()),
  ...recordStamp,
});
export type Site = Static<typeof Site>;

export const SitesQuery = Type.Object(
  { ...pageQuery, q: searchText, accountId: Type.Optional(Uuid) },
  strict,
);
export type SitesQuery = Static<typeof SitesQuery>;
