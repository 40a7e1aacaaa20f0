import { type Static, Type } from 'typebox';
import { roles } from '../authorization.ts';

/** The languages that the console and the messages speak. */
export const languages = ['en', 'es', 'pt', 'zh-Hant'] as const;

export const Email = Type.String({ pattern: '^[^@\\s]{1,64}@[^@\\s]{1,190}$', maxLength: 254 });
export const Password = Type.String({ minLength: 10, maxLength: 200 });
const Role = Type.Enum([...roles]);
const Language = Type.Enum([...languages]);
const Time = Type.String({ format: 'date-time' });
const TimeOrNull = Type.Union([Time, Type.Null()]);

/** Whoever is signed in, as the console needs it. */
export const SignedIn = Type.Object({
  user: Type.Object({
    id: Type.String(),
    kind: Type.Enum(['user', 'api-key', 'gateway']),
    email: Type.Union([Type.String(), Type.Null()]),
    name: Type.String(),
    role: Type.Union([Role, Type.Null()]),
    language: Language,
    permissions: Type.Array(Type.String()),
  }),
});
export type SignedIn = Static<typeof SignedIn>;

export const SignIn = Type.Object(
  {
    email: Type.String({ minLength: 1, maxLength: 254 }),
    password: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
);

export const User = Type.Object({
  id: Type.String(),
  email: Type.String(),
  name: Type.String(),
  role: Role,
  language: Language,
  disabled: Type.Boolean(),
  createdAt: Time,
  updatedAt: Time,
  version: Type.Integer(),
});
export type User = Static<typeof User>;

const Name = Type.String({ minLength: 1, maxLength: 200 });

export const NewUser = Type.Object(
  { email: Email, name: Name, role: Role, language: Type.Optional(Language), password: Password },
  { additionalProperties: false },
);
export type NewUser = Static<typeof NewUser>;

export const UserEdit = Type.Object(
  {
    name: Type.Optional(Name),
    role: Type.Optional(Role),
    language: Type.Optional(Language),
    disabled: Type.Optional(Type.Boolean()),
    password: Type.Optional(Password),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type UserEdit = Static<typeof UserEdit>;

export const NewApiKey = Type.Object(
  { name: Name, role: Role, expiresAt: Type.Optional(Time) },
  { additionalProperties: false },
);

export const ApiKey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Role,
  createdBy: Type.String(),
  createdAt: Time,
  expiresAt: TimeOrNull,
  revokedAt: TimeOrNull,
  lastUsedAt: TimeOrNull,
});
export type ApiKey = Static<typeof ApiKey>;
