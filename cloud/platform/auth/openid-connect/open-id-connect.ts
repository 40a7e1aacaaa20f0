import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { App, Platform } from '../../capability.ts';
import { strangersLimit } from '../attempts.ts';
import { browserOf, cookieName, cookieOptions, giveSessionCookie, sessionTokenOf } from '../sessions.ts';
import { tellFailure } from '../sign-in.ts';
import type { Refusal } from './admission.ts';
import { enter } from './enter.ts';
import { createProvider, type Provider, ProviderAway } from './provider.ts';
import type { OpenIdConnectSettings } from './settings.ts';

export interface OpenIdConnect {
  readonly name: string;
  routes(app: App): void;
  /** Where a browser signs out at the provider; undefined where that is not to be had now. */
  signOutAddress(logger: FastifyBaseLogger): Promise<string | undefined>;
}

const startPath = '/v1/session/openid-connect';
const returnPath = `${startPath}/return`;
const questionCookie = 'andon_openid';
const questionMillisecondsMax = 10 * 60_000;

/** Within the console: a path, and nothing that a browser could take for another host. */
const ReturnTo = Type.String({ pattern: '^/(?!/)[\\w./~-]{0,200}$' });

const KeptQuestion = Type.Object({
  state: Type.String(),
  nonce: Type.String(),
  verifier: Type.String(),
  askedAt: Type.Number(),
  returnTo: ReturnTo,
});
type KeptQuestion = Static<typeof KeptQuestion>;

export function createOpenIdConnect(platform: Platform, settings: OpenIdConnectSettings): OpenIdConnect {
  const provider = createProvider(settings);
  return {
    name: settings.name,
    routes: (app) => {
      startRoute(app, platform, provider);
      returnRoute(app, platform, settings, provider);
    },
    async signOutAddress(logger) {
      try {
        return (await provider.signOutAddress(`${platform.publicUrl}/`))?.href;
      } catch (error) {
        // Here the session is over; there it ends by itself.
        logger.warn({ err: error }, 'the OpenID provider could not be asked where to sign out');
        return undefined;
      }
    },
  };
}

function startRoute(app: App, platform: Platform, provider: Provider): void {
  app.get(
    startPath,
    {
      config: { permission: 'public', requestLimit: strangersLimit },
      schema: {
        summary: 'Go to the OpenID provider to sign in',
        querystring: Type.Object({ returnTo: Type.Optional(ReturnTo) }),
      },
    },
    async (request, reply) => {
      try {
        const { address, question } = await provider.question(`${platform.publicUrl}${returnPath}`);
        keepQuestion(platform, request, reply, {
          ...question,
          askedAt: platform.clock.now(),
          returnTo: request.query.returnTo ?? '/',
        });
        return reply.redirect(address.href, 303);
      } catch (error) {
        return refuse(request, reply, refusalOf(error), error);
      }
    },
  );
}

function returnRoute(
  app: App,
  platform: Platform,
  settings: OpenIdConnectSettings,
  provider: Provider,
): void {
  app.get(
    returnPath,
    {
      config: { permission: 'public', requestLimit: strangersLimit },
      schema: { summary: 'Where the OpenID provider sends the browser back to', hide: true },
    },
    async (request, reply) => {
      const question = readQuestion(platform, request);
      dropQuestion(platform, request, reply);
      if (question === undefined || platform.clock.now() - question.askedAt > questionMillisecondsMax) {
        return refuse(request, reply, 'expired');
      }
      const cameBackTo = new URL(`${platform.publicUrl}${request.url}`);
      // The answer to another question: of another tab, or one that somebody else has asked.
      if (cameBackTo.searchParams.get('state') !== question.state) {
        return refuse(request, reply, 'expired');
      }
      try {
        const browser = browserOf(request);
        const identity = await provider.answer(cameBackTo, question);
        const entry = await enter(platform, settings, identity, {
          browser,
          formerToken: sessionTokenOf(platform, request),
        });
        if ('refusal' in entry) {
          const { refusal, ...known } = entry;
          await tellFailure(platform, {
            ...known,
            email: identity.email,
            by: 'openid-connect',
            reason: refusal,
            browser,
          });
          return refuse(request, reply, refusal);
        }
        giveSessionCookie(platform, request, reply, entry.token);
        return reply.redirect(question.returnTo, 303);
      } catch (error) {
        return refuse(request, reply, refusalOf(error), error);
      }
    },
  );
}

/** Back to the sign-in page, which says it in the language of its reader. */
function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Refusal, error?: unknown) {
  request.log.warn(
    { ...(error === undefined ? {} : { err: error }), refusal },
    'a sign-in by OpenID Connect failed',
  );
  return reply.redirect(`/?sign-in=${refusal}`, 303);
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof ProviderAway) {
    return 'unreachable';
  }
  return error instanceof Error && 'error' in error && error.error === 'access_denied' ? 'denied' : 'failed';
}

/** Lax, not strict: the browser comes back from another site. It is worth nothing without the code. */
function questionCookieOptions(platform: Platform, request: FastifyRequest) {
  return { ...cookieOptions(platform, request), sameSite: 'lax' as const };
}

function keepQuestion(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  question: KeptQuestion,
): void {
  const value = Buffer.from(JSON.stringify(question)).toString('base64url');
  reply.setCookie(cookieName(platform.publicUrl, questionCookie), value, {
    ...questionCookieOptions(platform, request),
    maxAge: questionMillisecondsMax / 1000,
  });
}

function dropQuestion(platform: Platform, request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(cookieName(platform.publicUrl, questionCookie), questionCookieOptions(platform, request));
}

function readQuestion(platform: Platform, request: FastifyRequest): KeptQuestion | undefined {
  const kept = request.cookies[cookieName(platform.publicUrl, questionCookie)];
  if (kept === undefined) {
    return undefined;
  }
  try {
    const question: unknown = JSON.parse(Buffer.from(kept, 'base64url').toString());
    return Value.Check(KeptQuestion, question) ? question : undefined;
  } catch {
    // Somebody wrote a cookie of their own: no question of ours.
    return undefined;
  }
}
