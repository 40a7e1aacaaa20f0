import { type Static, Type } from 'typebox';
import { permissions, roles } from '../authorization.ts';

/** The languages that the console and the messages speak. */
export const languages = ['en', 'es', 'pt', 'zh-Hant'] as const;

export const emailPattern = '^[^@\\s]{1,64}@[^@\\s]{1,190}$';
export const Email = Type.String({ pattern: emailPattern, maxLength: 254 });
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

/** How somebody may sign in: the console asks before anybody is signed in. */
export const SignInMethods = Type.Object({
  password: Type.Boolean(),
  openIdConnect: Type.Union([Type.Object({ name: Type.String() }), Type.Null()]),
});

export const User = Type.Object({
  id: Type.String(),
  email: Type.String(),
  name: Type.String(),
  role: Role,
  language: Language,
  disabled: Type.Boolean(),
  hasPassword: Type.Boolean(),
  /** Comes by OpenID Connect. */
  hasOpenIdConnect: Type.Boolean(),
  lastSignedInAt: TimeOrNull,
  /** Until when the link that sets the password can be used; null where there is none. */
  linkExpiresAt: TimeOrNull,
  createdAt: Time,
  updatedAt: Time,
  version: Type.Integer(),
});
export type User = Static<typeof User>;

/** A link that is told this once. */
export const SignInLink = Type.Object({ url: Type.String(), expiresAt: Time });
export type SignInLink = Static<typeof SignInLink>;

const Name = Type.String({ minLength: 1, maxLength: 200 });

/** Without a password the user is invited: the answer has a link to choose one. */
export const NewUser = Type.Object(
  {
    email: Email,
    name: Name,
    role: Role,
    language: Type.Optional(Language),
    password: Type.Optional(Password),
  },
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

/** What people change about themselves. */
export const OwnEdit = Type.Object(
  { name: Type.Optional(Name), language: Type.Optional(Language) },
  { additionalProperties: false, minProperties: 1 },
);
export type OwnEdit = Static<typeof OwnEdit>;

export const PasswordChange = Type.Object(
  { currentPassword: Type.String({ minLength: 1, maxLength: 200 }), password: Password },
  { additionalProperties: false },
);

const LinkToken = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
export const LinkQuestion = Type.Object({ token: LinkToken }, { additionalProperties: false });
export const LinkUse = Type.Object({ token: LinkToken, password: Password }, { additionalProperties: false });

export const Session = Type.Object({
  id: Type.String(),
  /** The one that asks. */
  current: Type.Boolean(),
  device: Type.String(),
  address: Type.String(),
  openedBy: Type.Enum(['password', 'link', 'openid-connect']),
  createdAt: Time,
  lastUsedAt: Time,
  expiresAt: Time,
});
export type Session = Static<typeof Session>;

const scopesMax = 100;
const Scope = Type.Enum(permissions.filter((permission) => permission !== 'gateway:connect'));

/** Either what a role may, or what the scopes name. */
export const NewApiKey = Type.Object(
  {
    name: Name,
    role: Type.Optional(Role),
    scopes: Type.Optional(Type.Array(Scope, { minItems: 1, maxItems: scopesMax })),
    expiresAt: Type.Optional(Time),
  },
  { additionalProperties: false },
);
export type NewApiKey = Static<typeof NewApiKey>;

export const ApiKey = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.Union([Role, Type.Null()]),
  scopes: Type.Union([Type.Array(Type.String()), Type.Null()]),
  createdBy: Type.String(),
  /** The user whom it belongs to; null for keys of programs. */
  owner: Type.Union([Type.Object({ id: Type.String(), name: Type.String() }), Type.Null()]),
  createdAt: Time,
  expiresAt: TimeOrNull,
  revokedAt: TimeOrNull,
  lastUsedAt: TimeOrNull,
});
export type ApiKey = Static<typeof ApiKey>;
