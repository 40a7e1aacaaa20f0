import type { Role } from '../../authorization.ts';

export interface OpenIdConnectSettings {
  /** Its metadata are at `<issuer>/.well-known/openid-configuration`. HTTPS; HTTP for one on this machine, which the reading of the settings sees to. */
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
