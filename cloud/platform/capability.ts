import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, IdentifierSource, RandomSource } from '@andon/shared/kernel';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type pg from 'pg';
import type { Authenticator } from './authorization.ts';
import type { BackgroundTask } from './background.ts';
import type { Database } from './database.ts';
import type { Subscription } from './subscriptions.ts';

/** What every capability is built upon. */
export interface Platform {
  readonly database: Database;
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly newId: IdentifierSource;
  readonly random: RandomSource;
  readonly logger: FastifyBaseLogger;
  /** Where people reach the console, without a slash at the end: what links in messages begin with. */
  readonly publicUrl: string;
}

/** A Fastify instance whose routes take their types from their TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What a capability brings to the application; `app.ts` plugs all of them together. */
export interface Capability {
  readonly name: string;
  /** Registers its routes; paths are written in full (`/v1/alerts`). */
  routes?(app: App): void;
  readonly subscriptions?: readonly Subscription[];
  readonly tasks?: readonly BackgroundTask[];
  readonly authenticators?: readonly Authenticator[];
  /** Servers of its own (the mail catcher), started before `ready` and stopped last. */
  start?(): Promise<void>;
  stop?(): Promise<void>;
}
