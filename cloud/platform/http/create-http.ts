import { Server } from 'node:https';
import cookie from '@fastify/cookie';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { LogController, type RouteOptions } from 'fastify';
import { type Authenticator, enforcePermissions } from '../authorization.ts';
import type { App, Capability, Platform } from '../capability.ts';
import { installProblemDetails, replyProblem } from '../problem-details.ts';
import { refuseUnstorableText } from '../storable-text.ts';
import { inflateBodies } from './compressed-bodies.ts';
import { refuseCrossSite } from './cross-site.ts';
import { documentation, markDocumentationPublic } from './documentation.ts';
import { takeEmptyBodies } from './empty-bodies.ts';
import { healthRoutes } from './health.ts';
import { honourIdempotencyKeys } from './idempotency.ts';
import { limitRates } from './rate-limits.ts';
import { securityHeaders } from './security-headers.ts';
import { compileSerializer } from './serialization.ts';
import { serveConsole } from './serve-console.ts';
import { readTables } from './table-bodies.ts';
import { followFiles, serverOptionsOf, type TlsSettings } from './tls.ts';
import { compileValidator } from './validation.ts';

export interface HttpOptions {
  readonly platform: Platform;
  readonly capabilities: readonly Capability[];
  /** Where the built console lies. */
  readonly consoleDirectory: string;
  /** Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** undefined: plain HTTP. */
  readonly tls?: TlsSettings;
  /** Told of every route, for tests that walk them. */
  readonly onRoute?: (route: RouteOptions) => void;
}

const bodyBytesMax = 1024 * 1024;

/** Builds the HTTP server with the routes of all capabilities. It does not listen yet. */
export async function createHttp(options: HttpOptions): Promise<App> {
  const { platform, capabilities } = options;
  const app: App = Fastify({
    https: options.tls ? serverOptionsOf(options.tls) : null,
    loggerInstance: platform.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    requestIdHeader: false,
    genReqId: () => platform.newId(),
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    forceCloseConnections: 'idle',
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => replyProblem(request, reply, error),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(compileSerializer);
  installProblemDetails(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // What the API tells is for whoever asked; a route whose answer may be kept says so itself.
    if (request.url.startsWith('/v1/')) {
      reply.header('cache-control', 'no-store');
    }
  });
  await app.register(cookie);
  await securityHeaders(app, platform.publicUrl);
  await limitRates(app);
  markDocumentationPublic(app);
  if (options.onRoute) {
    app.addHook('onRoute', options.onRoute);
  }
  await documentation(app, platform.publicUrl);
  refuseCrossSite(app, platform.publicUrl);
  const authenticators: Authenticator[] = capabilities.flatMap((one) => one.authenticators ?? []);
  enforcePermissions(app, authenticators);
  takeEmptyBodies(app);
  inflateBodies(app);
  readTables(app);
  refuseUnstorableText(app);
  honourIdempotencyKeys(app, platform);
  healthRoutes(app, platform);
  for (const capability of capabilities) {
    capability.routes?.(app);
  }
  await serveConsole(app, options.consoleDirectory);
  if (options.tls !== undefined && app.server instanceof Server) {
    const following = followFiles(app.server, options.tls, platform.logger);
    app.addHook('onClose', async () => following.stop());
  }
  return app;
}
