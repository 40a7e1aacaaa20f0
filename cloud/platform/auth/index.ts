/**
 * Who may come in.
 *
 * Actors: people with an email, a password and a role; their browsers, each with a session; programs with an API key.
 * (Gateways have keys of their own, which the capability `gateways` knows.)
 *
 * Invariants: no secret is stored, only what proves it (argon2id for passwords, SHA-256 for random tokens). A session
 * ends when it lies idle, when it is old, when it is signed out, when its user is disabled or gets another password.
 * There is always one administrator who can sign in: the last one can be neither disabled nor demoted.
 *
 * What may go wrong: somebody guesses passwords. Each failure is counted before the password is looked at, by account
 * and by address, and after a few of them each further try has to wait longer; an unknown account costs as much time
 * as a known one. Somebody steals the database: the tokens in it open nothing. A lost password: `npm run cloud --
 * reset-password EMAIL` on the machine itself.
 */
export { apiKeyPrefix, issueApiKey, replaceApiKey, revokeApiKey } from './api-keys.ts';
export { bootstrapAdministrator, resetPassword } from './bootstrap.ts';
export { createAuth } from './create-auth.ts';
export { languages } from './schemas.ts';
export { sessionCookie } from './sessions.ts';
