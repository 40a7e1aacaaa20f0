import { readFileSync } from 'node:fs';
import { invalid, oneOf, urlOf } from './config-values.ts';
import type { OpenIdConnectSettings } from './platform/index.ts';

type Text = (name: string) => string | undefined;

const roleNames = ['administrator', 'service-manager', 'service-agent', 'technician', 'viewer'] as const;

/**
 * The settings `ANDON_OIDC_*`; undefined where there is no issuer.
 * @throws AndonError `config.invalid` naming the variable
 */
export function readOpenIdConnect(text: Text): OpenIdConnectSettings | undefined {
  const issuer = urlOf('ANDON_OIDC_ISSUER', text('ANDON_OIDC_ISSUER'), ['https:', 'http:']);
  if (issuer === undefined) {
    return undefined;
  }
  const url = new URL(issuer);
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw invalid('ANDON_OIDC_ISSUER', 'without TLS', 'an https:// URL (http:// on this machine alone)');
  }
  const clientId = text('ANDON_OIDC_CLIENT_ID');
  if (clientId === undefined) {
    throw invalid('ANDON_OIDC_CLIENT_ID', 'missing', 'the client id that the OpenID provider knows us by');
  }
  const clientSecret = secretOf(text);
  return {
    issuer,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    name: text('ANDON_OIDC_NAME') ?? url.hostname,
    scopes: scopesOf(text('ANDON_OIDC_SCOPES') ?? 'openid email profile'),
    roleClaim: text('ANDON_OIDC_ROLE_CLAIM') ?? 'groups',
    roles: rolesOf(text('ANDON_OIDC_ROLES') ?? ''),
    emailDomains: listOf(text('ANDON_OIDC_EMAIL_DOMAINS') ?? '').map((domain) =>
      domain.toLowerCase().replace(/^@/, ''),
    ),
    linkByEmail:
      oneOf('ANDON_OIDC_LINK_BY_EMAIL', text('ANDON_OIDC_LINK_BY_EMAIL') ?? '0', ['0', '1']) === '1',
  };
}

/** HTTP without TLS is for a provider on this machine alone. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function secretOf(text: Text): string | undefined {
  const file = text('ANDON_OIDC_CLIENT_SECRET_FILE');
  const secret = text('ANDON_OIDC_CLIENT_SECRET');
  if (file === undefined) {
    return secret;
  }
  if (secret !== undefined) {
    throw invalid(
      'ANDON_OIDC_CLIENT_SECRET_FILE',
      'set besides ANDON_OIDC_CLIENT_SECRET',
      'the only one of the two',
    );
  }
  const held = readSecretFile(file);
  if (held === '') {
    throw invalid('ANDON_OIDC_CLIENT_SECRET_FILE', 'an empty file', 'a file with the secret');
  }
  return held;
}

function readSecretFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw invalid(
      'ANDON_OIDC_CLIENT_SECRET_FILE',
      `one that cannot be read (${why})`,
      'a file with the secret',
    );
  }
}

function scopesOf(value: string): string {
  const scopes = value.split(/[\s,]+/).filter((scope) => scope !== '');
  if (!scopes.includes('openid')) {
    throw invalid('ANDON_OIDC_SCOPES', `"${value}"`, 'a list with openid in it');
  }
  return scopes.join(' ');
}

/** `andon-admins=administrator, field-service=technician` */
function rolesOf(value: string): OpenIdConnectSettings['roles'] {
  return listOf(value).map((pair) => {
    const at = pair.lastIndexOf('=');
    const role = roleNames.find((name) => name === pair.slice(at + 1).trim());
    if (at < 1 || role === undefined) {
      throw invalid('ANDON_OIDC_ROLES', `"${pair}"`, `value=role, role being one of ${roleNames.join(', ')}`);
    }
    return { value: pair.slice(0, at).trim(), role };
  });
}
