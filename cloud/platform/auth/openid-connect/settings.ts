import type { Role } from '../../authorization.ts';

export interface OpenIdConnectSettings {
  /** Its metadata are at `<issuer>/.well-known/openid-configuration`. HTTPS, or HTTP on this machine. */
  readonly issuer: string;
  readonly clientId: string;
  /** Left out: a public client, which PKCE alone protects. */
  readonly clientSecret?: string;
  /** What the button on the sign-in page says. */
  readonly name: string;
  /** Separated by spaces; `openid` among them. */
  readonly scopes: string;
  /** The claim that tells the roles; dots lead into objects (`realm_access.roles`). */
  readonly roleClaim: string;
  /** Which value of the claim gives which role. Empty: nobody is made a user here, and roles are kept here. */
  readonly roles: readonly { readonly value: string; readonly role: Role }[];
  /** Empty: of any domain. */
  readonly emailDomains: readonly string[];
  /** A user who was here before is taken for the one with the same verified email. */
  readonly linkByEmail: boolean;
}

/** HTTP without TLS is for a provider on this machine alone. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}
