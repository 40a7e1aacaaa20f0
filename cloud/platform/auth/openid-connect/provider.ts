import type { Configuration } from 'openid-client';
import { Value } from 'typebox/value';
import { Email } from '../schemas.ts';
import type { Identity } from './admission.ts';
import type { OpenIdConnectSettings } from './settings.ts';

/** What the browser keeps between going and coming back. */
export interface Question {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The provider, by its own metadata. */
export interface Provider {
  /** Where to send the browser. */
  question(redirectUri: string): Promise<{ address: URL; question: Question }>;
  /** Exchanges the code of the address that the browser came back to. */
  answer(cameBackTo: URL, question: Question): Promise<Identity>;
  /** Where to sign out, if it has such a place. */
  signOutAddress(continueAt: string): Promise<URL | undefined>;
}

/** The provider did not answer; everything else that is thrown is a refusal. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway';
}

type Library = typeof import('openid-client');

const answerSecondsMax = 10;

export function createProvider(settings: OpenIdConnectSettings): Provider {
  let found: Promise<{ library: Library; configuration: Configuration }> | undefined;
  /** Its metadata are read once; a failure is not kept. */
  const find = () => {
    found ??= discover(settings).catch((error: unknown) => {
      found = undefined;
      throw new ProviderAway('the metadata of the provider cannot be read', { cause: error });
    });
    return found;
  };
  return {
    async question(redirectUri) {
      const { library, configuration } = await find();
      const question = {
        state: library.randomState(),
        nonce: library.randomNonce(),
        verifier: library.randomPKCECodeVerifier(),
      };
      const address = library.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: settings.scopes,
        state: question.state,
        nonce: question.nonce,
        code_challenge: await library.calculatePKCECodeChallenge(question.verifier),
        code_challenge_method: 'S256',
      });
      return { address, question };
    },
    async answer(cameBackTo, question) {
      const { library, configuration } = await find();
      try {
        const tokens = await library.authorizationCodeGrant(configuration, cameBackTo, {
          expectedState: question.state,
          expectedNonce: question.nonce,
          pkceCodeVerifier: question.verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) {
          throw new Error('the answer has no ID token');
        }
        // Many providers tell the email and the groups there alone. The subject must be the same.
        const further =
          configuration.serverMetadata().userinfo_endpoint === undefined
            ? {}
            : await library.fetchUserInfo(configuration, tokens.access_token, claims.sub);
        return identityOf({ ...further, ...claims }, claims.iss, claims.sub);
      } catch (error) {
        throw isAway(error) ? new ProviderAway('the provider does not answer', { cause: error }) : error;
      }
    },
    async signOutAddress(continueAt) {
      const { library, configuration } = await find();
      return configuration.serverMetadata().end_session_endpoint === undefined
        ? undefined
        : library.buildEndSessionUrl(configuration, { post_logout_redirect_uri: continueAt });
    },
  };
}

async function discover(settings: OpenIdConnectSettings) {
  const library = await import('openid-client');
  const issuer = new URL(settings.issuer);
  const configuration = await library.discovery(
    issuer,
    settings.clientId,
    undefined,
    clientAuthentication(library, settings.clientSecret),
    {
      timeout: answerSecondsMax,
      execute: [
        // The signature of an ID token counts, also where it came by TLS from the provider itself.
        library.enableNonRepudiationChecks,
        ...(issuer.protocol === 'http:' ? [library.allowInsecureRequests] : []),
      ],
    },
  );
  return { library, configuration };
}

/** As the provider says that it takes it; what it does not say is `client_secret_basic` (Discovery 1.0, section 3). */
function clientAuthentication(library: Library, secret: string | undefined) {
  if (secret === undefined) {
    return library.None();
  }
  const basic = library.ClientSecretBasic(secret);
  const post = library.ClientSecretPost(secret);
  const choose: ReturnType<Library['None']> = (server, client, body, headers) => {
    const accepted = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (accepted.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
  return choose;
}

function identityOf(claims: Record<string, unknown>, issuer: string, subject: string): Identity {
  const { email, name } = claims;
  return {
    issuer,
    subject,
    email: isEmail(email) ? email.toLowerCase() : undefined,
    // Some providers write it as text.
    emailVerified: claims.email_verified === true || claims.email_verified === 'true',
    name: nameOf(name),
    claims,
  };
}

const isEmail = (value: unknown): value is string => Value.Check(Email, value);

/** In one line. */
function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replaceAll(/\p{C}+/gu, ' ').trim() || undefined : undefined;
}

const awayCodes = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  return ('code' in error && awayCodes.has(String(error.code))) || isAway(error.cause);
}
