/**
 * A real OpenID provider (oidc-provider) on this machine, and a browser for it without a screen:
 *
 *   const provider = await startOpenIdProvider();        // await provider.close()
 *   provider.people.set('eva', { email, email_verified, name, groups });
 *   const cloud = await createTestApp({ settings: { openIdConnect: provider.settings({ … }) } });
 *   const browser = createCookieBrowser(cloud.url);
 *   provider.nextPerson = 'eva';                         // who sits at the keyboard; undefined: says no
 *   const last = await browser.go('/v1/session/openid-connect');
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemRandom } from '@andon/shared/kernel';
import Provider, { type AccountClaims, type Configuration } from 'oidc-provider';
import type { OpenIdConnectSettings } from '../../cloud/platform/index.ts';

const publicUrl = 'http://andon.test';
const clientId = 'andon';

export interface OpenIdPeer {
  readonly issuer: string;
  readonly people: Map<string, Omit<AccountClaims, 'sub'>>;
  nextPerson: string | undefined;
  /** Changes the bytes of an answer of the token endpoint. */
  tamper: ((body: string) => string) | undefined;
  settings(changes?: Partial<OpenIdConnectSettings>): OpenIdConnectSettings;
  close(): Promise<void>;
}

export async function startOpenIdProvider(): Promise<OpenIdPeer> {
  const clientSecret = Buffer.from(systemRandom(24)).toString('base64url');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people: OpenIdPeer['people'] = new Map();
  const provider = new Provider(issuer, configurationOf(clientSecret, people));
  const handle = provider.callback();
  const peer: OpenIdPeer = {
    issuer,
    people,
    nextPerson: undefined,
    tamper: undefined,
    settings: (changes = {}) => ({
      issuer,
      clientId,
      clientSecret,
      name: 'Plant sign-in',
      scopes: 'openid email profile groups',
      roleClaim: 'groups',
      roles: [
        { value: 'andon-admins', role: 'administrator' },
        { value: 'field-service', role: 'technician' },
      ],
      emailDomains: [],
      linkByEmail: false,
      ...changes,
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/interaction/')) {
      void decide(provider, peer, request, response);
      return;
    }
    if (request.url === '/token' && peer.tamper !== undefined) {
      changeAnswer(response, peer.tamper);
    }
    void handle(request, response);
  });
  return peer;
}

function configurationOf(clientSecret: string, people: OpenIdPeer['people']): Configuration {
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${publicUrl}/v1/session/openid-connect/return`],
        post_logout_redirect_uris: [`${publicUrl}/`],
      },
    ],
    cookies: { keys: ['of a test'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: async () => ({ sub, ...people.get(sub) }),
    }),
    /** Nobody is asked whether the cloud may know who they are. */
    async loadExistingGrant(context) {
      const { oidc } = context;
      const grant = new oidc.provider.Grant({
        clientId,
        ...(oidc.session?.accountId === undefined ? {} : { accountId: oidc.session.accountId }),
      });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
  };
}

async function decide(
  provider: Provider,
  peer: OpenIdPeer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await provider.interactionFinished(
    request,
    response,
    peer.nextPerson === undefined
      ? { error: 'access_denied', error_description: 'the person said no' }
      : { login: { accountId: peer.nextPerson } },
  );
}

/** As long as before, for the length was told. */
function changeAnswer(response: ServerResponse, change: (body: string) => string): void {
  const end = response.end.bind(response);
  response.end = ((body: unknown) => end(change(String(body)))) as typeof response.end;
}

export interface Landing {
  readonly url: URL;
  readonly status: number;
  readonly setCookies: readonly string[];
}

export interface CookieBrowser {
  /** Follows redirects, as a person would see it, until an answer that is none; or until `stop` says so. */
  go(address: string, stop?: (next: URL) => boolean): Promise<Landing>;
  /** `name=value; …` for the cloud. */
  cookies(): string;
}

/** Keeps cookies by host, and takes the cloud's public address for where it listens. */
export function createCookieBrowser(cloudUrl: string): CookieBrowser {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: URL) => {
    const jar = jars.get(url.host) ?? new Map<string, string>();
    jars.set(url.host, jar);
    return jar;
  };
  const cookiesFor = (url: URL) => [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
  const visit = async (url: URL) => {
    const real = url.origin === publicUrl ? new URL(url.pathname + url.search, cloudUrl) : url;
    const response = await fetch(real, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: cookiesFor(url) },
    });
    await response.body?.cancel();
    const setCookies = response.headers.getSetCookie();
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) {
        jarOf(url).delete(name);
      } else {
        jarOf(url).set(name, value);
      }
    }
    return { response, setCookies };
  };
  return {
    cookies: () => cookiesFor(new URL(publicUrl)),
    async go(address, stop) {
      let url = new URL(address, publicUrl);
      for (let hops = 0; hops < 20; hops += 1) {
        const { response, setCookies } = await visit(url);
        const location = response.headers.get('location');
        if (location === null) {
          return { url, status: response.status, setCookies };
        }
        url = new URL(location, url);
        if (stop?.(url)) {
          return { url, status: response.status, setCookies };
        }
      }
      throw new Error(`too many redirects, the last to ${url}`);
    },
  };
}
