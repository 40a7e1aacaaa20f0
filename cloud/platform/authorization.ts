import { AndonError } from '@andon/shared/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Everything that a route may demand. `record:what`, with the plural noun of the URL. */
export const permissions = [
  'accounts:read',
  'accounts:write',
  'assets:read',
  'assets:write',
  'gateways:read',
  'gateways:write',
  'devices:read',
  'devices:write',
  'telemetry:read',
  'alerts:read',
  'alerts:write',
  /** How alerts are put together, who is told of them, and when nobody is. */
  'alerts:manage',
  'maintenance-windows:write',
  'commands:read',
  'commands:send',
  'jobs:read',
  'jobs:write',
  'cases:read',
  'cases:write',
  'work-orders:read',
  'work-orders:write',
  /** Posting them, and keeping the incident types. */
  'work-orders:manage',
  'consents:read',
  'consents:write',
  'messages:read',
  'triggers:read',
  'triggers:write',
  'triggers:raise',
  'journeys:read',
  'journeys:write',
  'users:manage',
  'events:read',
  /** Reading who did what; the events of one record are read with `events:read`. */
  'audit:inspect',
  /** Held by a gateway's key alone. */
  'gateway:connect',
  /** Held by whoever is signed in. */
  'session',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['administrator', 'service-manager', 'service-agent', 'technician', 'viewer'] as const;
export type Role = (typeof roles)[number];

const reading = permissions.filter((permission) => permission.endsWith(':read'));

/** What each role may do. `gateway:connect` belongs to no role. */
export const permissionsOfRole: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  administrator: new Set(permissions.filter((permission) => permission !== 'gateway:connect')),
  'service-manager': new Set<Permission>([
    ...reading,
    'session',
    'accounts:write',
    'assets:write',
    'devices:write',
    'alerts:write',
    'alerts:manage',
    'maintenance-windows:write',
    'commands:send',
    'jobs:write',
    'audit:inspect',
    'cases:write',
    'work-orders:write',
    'work-orders:manage',
    'consents:write',
    'triggers:write',
    'triggers:raise',
    'journeys:write',
  ]),
  'service-agent': new Set<Permission>([
    ...reading,
    'session',
    'accounts:write',
    'alerts:write',
    'cases:write',
    'work-orders:write',
    'consents:write',
    'triggers:raise',
  ]),
  technician: new Set<Permission>([
    ...reading,
    'session',
    'assets:write',
    'devices:write',
    'alerts:write',
    'maintenance-windows:write',
    'commands:send',
    'cases:write',
    'work-orders:write',
  ]),
  viewer: new Set<Permission>([...reading, 'session']),
};

/** Who calls. `actor` is what events and the audit trail keep: `user:<id>`, `api-key:<id>`, `gateway:<id>`. */
export interface Principal {
  readonly actor: string;
  readonly kind: 'user' | 'api-key' | 'gateway';
  readonly id: string;
  readonly name: string;
  readonly role?: Role;
  readonly permissions: ReadonlySet<Permission>;
  /** The session of a browser. */
  readonly sessionId?: string;
  /** The user whom an API key belongs to: it is worth no more than that user is. */
  readonly ownerId?: string;
  /** When the credentials end by themselves, in epoch milliseconds; what is open then is closed. */
  readonly endsAt?: number;
}

/**
 * Finds out who calls, from a cookie or an `Authorization` header; undefined where the credentials are not of its
 * kind, so that the next one is asked. A capability adds its own (gateways: their keys).
 */
export type Authenticator = (request: FastifyRequest) => Promise<Principal | undefined>;

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | undefined;
  }
  interface FastifyContextConfig {
    /** What the caller must hold; `public` needs nobody signed in. Every route declares it. */
    permission?: Permission | 'public';
  }
}

/** Denies by default: a route without a declared permission stops the start, a call without it is refused. */
export function enforcePermissions(app: FastifyInstance, authenticators: readonly Authenticator[]): void {
  app.decorateRequest('principal', undefined);
  app.addHook('onRoute', (route) => {
    if (route.config?.permission === undefined && route.method !== 'OPTIONS') {
      throw new Error(`the route ${String(route.method)} ${route.url} declares no permission`);
    }
  });
  app.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.permission;
    if (needed === 'public' || needed === undefined) {
      return;
    }
    for (const authenticate of authenticators) {
      request.principal ??= await authenticate(request);
    }
    if (request.principal === undefined) {
      throw new AndonError({
        code: 'platform.not-signed-in',
        message: 'This needs somebody who is signed in, or an API key.',
        nextStep: 'Sign in, or send Authorization: Bearer with a valid key.',
        status: 401,
      });
    }
    if (!request.principal.permissions.has(needed)) {
      throw new AndonError({
        code: 'platform.not-permitted',
        message: `${request.principal.name} may not do this: it needs ${needed}.`,
        nextStep: 'Ask an administrator for a role that has this permission.',
        status: 403,
        details: { permission: needed },
      });
    }
  });
}

/** The caller of a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) {
    throw new Error(`no principal on ${request.url}: is the route public?`);
  }
  return request.principal;
}
