/**
 * Signing in by OpenID Connect (Core 1.0, authorization code with PKCE), where an administrator has configured a
 * provider.
 *
 * Actors: a browser, the provider, and we. The browser is sent to the provider with a state, a nonce and a challenge
 * that only a cookie of this browser can answer for; it comes back with a code, which we exchange for an ID token.
 *
 * Invariants: who somebody is, is the provider's issuer and subject, never an email. An email counts only where the
 * provider says that it verified it, and links to a user who was there before only where a setting says so. What
 * somebody may do comes from a claim by a table of ours; whoever is not in it does not come in. The library verifies
 * the signature of the ID token, its issuer, audience, times and nonce; it is loaded when it is first needed.
 *
 * What may go wrong: the provider is away, refuses, or knows somebody whom we do not want; the browser comes back late,
 * or with the answer to another question. All of it ends on the sign-in page, with a code that it has a sentence for;
 * the reason is in our log.
 */
export { createOpenIdConnect, type OpenIdConnect } from './open-id-connect.ts';
export type { OpenIdConnectSettings } from './settings.ts';
