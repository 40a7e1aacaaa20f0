/**
 * Who may come in.
 *
 * Actors: people with an email, a role, and a password or a provider that vouches for them (openid-connect/); their
 * browsers, each with a session; programs with an API key. (Gateways have keys of their own, which the capability
 * `gateways` knows.) A person begins with a link that an administrator makes: it sets the password, once, and expires.
 *
 * Invariants: no secret is stored, only what proves it (argon2id for passwords, SHA-256 for random tokens). A session
 * ends when it lies idle, when it is old, when it is signed out, when its user is disabled or gets another password.
 * There is always one administrator who can sign in: the last one can be neither disabled nor demoted, which a trigger
 * keeps whoever does what at once. Nobody gives more than they hold: no role above their own permissions, no key that
 * may more than its maker; a key is worth no more than its owner is today, and ends with the key it was made with.
 * Whatever is open when credentials end (live streams) ends with them.
 *
 * What may go wrong: somebody guesses passwords. Each failure is counted before the password is looked at, by account
 * and by address, and after a few of them each further try has to wait longer; an unknown account costs as much time
 * as a known one. Somebody steals the database: the tokens in it open nothing. A lost password: `npm run cloud --
 * reset-password EMAIL` on the machine itself. Sign-ins, failures and all changes of users, sessions and keys are events;
 * those alone may read them who may keep users.
 */
export { apiKeyPrefix, issueApiKey, replaceApiKey, revokeApiKey } from './api-keys.ts';
export { bootstrapAdministrator, resetPassword } from './bootstrap.ts';
export { type AuthSettings, createAuth } from './create-auth.ts';
export type { OpenIdConnectSettings } from './openid-connect/index.ts';
export { languages } from './schemas.ts';
export { sessionCookie } from './sessions.ts';
