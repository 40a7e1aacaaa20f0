import { type Role, roles } from '../../authorization.ts';
import type { OpenIdConnectSettings } from './settings.ts';

/** What the provider says about somebody, verified. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Why somebody does not come in; the sign-in page has a sentence for each. */
export type Refusal =
  | 'denied'
  | 'expired'
  | 'unreachable'
  | 'failed'
  | 'email-not-verified'
  | 'email-domain'
  | 'no-role'
  | 'no-account'
  | 'email-taken'
  | 'disabled'
  | 'last-administrator';

interface KnownUser {
  readonly disabled: boolean;
  /** Is with a provider already, under another name. */
  readonly linked: boolean;
}

export type Admission =
  | { readonly admit: 'no'; readonly refusal: Refusal }
  /** `role` where the provider decides about it. */
  | { readonly admit: 'known' | 'by-email'; readonly role: Role | undefined }
  | { readonly admit: 'new'; readonly role: Role; readonly email: string };

/** Decides who comes in, and as what: pure, so that every case can be tried. */
export function decideAdmission(
  settings: OpenIdConnectSettings,
  identity: Identity,
  users: { bySubject: KnownUser | undefined; byEmail: KnownUser | undefined },
): Admission {
  const { email } = identity;
  if (email === undefined || !identity.emailVerified) {
    return { admit: 'no', refusal: 'email-not-verified' };
  }
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  if (settings.emailDomains.length > 0 && !settings.emailDomains.includes(domain)) {
    return { admit: 'no', refusal: 'email-domain' };
  }
  const role = settings.roles.length === 0 ? undefined : roleOf(settings, identity.claims);
  if (settings.roles.length > 0 && role === undefined) {
    return { admit: 'no', refusal: 'no-role' };
  }
  const { bySubject, byEmail } = users;
  if (bySubject?.disabled || (bySubject === undefined && byEmail?.disabled)) {
    return { admit: 'no', refusal: 'disabled' };
  }
  if (bySubject !== undefined) {
    return { admit: 'known', role };
  }
  if (byEmail !== undefined) {
    return settings.linkByEmail && !byEmail.linked
      ? { admit: 'by-email', role }
      : { admit: 'no', refusal: 'email-taken' };
  }
  return role === undefined ? { admit: 'no', refusal: 'no-account' } : { admit: 'new', role, email };
}

/** Of several roles the one that may most. */
function roleOf(settings: OpenIdConnectSettings, claims: Identity['claims']): Role | undefined {
  const held = new Set(
    [claimAt(claims, settings.roleClaim)].flat().filter((value) => typeof value === 'string'),
  );
  const given = new Set(settings.roles.filter(({ value }) => held.has(value)).map(({ role }) => role));
  return roles.find((role) => given.has(role));
}

/** The claim of that name; else the dots lead into it. */
function claimAt(claims: Identity['claims'], path: string): unknown {
  if (Object.hasOwn(claims, path)) {
    return claims[path];
  }
  return path.split('.').reduce<unknown>((at, part) => {
    const entry =
      typeof at === 'object' && at !== null ? Object.entries(at).find(([name]) => name === part) : undefined;
    return entry?.[1];
  }, claims);
}
