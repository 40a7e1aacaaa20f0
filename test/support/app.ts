/**
 * The real cloud on a database of its own, for tests. What there is:
 *
 *   const cloud = await createTestApp({ clock?, settings?, background? });      // in beforeAll; await cloud.close() in afterAll
 *   cloud.administrator.get('/v1/users')                                        // signed in by API key
 *   cloud.administrator.post('/v1/users', { … }, { 'if-match': '1' })           // → { status, body, headers, text }
 *   await cloud.clientWithRole('viewer'); await cloud.signIn(email, password)   // cookie; cloud.anonymous: nobody
 *   cloud.clientWithKey('andon_gw_…')                                           // any bearer token
 *   cloud.url                                                                   // http://127.0.0.1:PORT, listening
 *   cloud.clock.advance(60_000); cloud.wake();                                  // time, and 'look again now'
 *   cloud.platform, cloud.database (Kysely), cloud.pool                         // where no door shows it
 *   await cloud.emit({ type, key, payload })                                    // commits one event
 *   await cloud.settle()                                                        // until every subscriber has caught up
 *
 * The clock runs as the machine's (runningClock); `standingClock()` stands still. `background: false` starts no
 * subscriptions and tasks. `createTestDatabase()` of ./database.ts gives a database without an app; `eventually` of
 * ./wait.ts waits.
 */
import { systemRandom, uuidv7Source } from '@andon/shared/kernel';
import type { RouteOptions } from 'fastify';
import pino from 'pino';
import { type Application, type CapabilitySettings, createApplication } from '../../cloud/app.ts';
import {
  appendEvent,
  type Capability,
  type Database,
  inTransaction,
  issueApiKey,
  type Platform,
  type Role,
  sessionCookie,
  sql,
  type TlsSettings,
} from '../../cloud/platform/index.ts';
import { runningClock, type TestClock } from './clock.ts';
import { createTestDatabase } from './database.ts';
import { createClient, type TestClient } from './http-client.ts';
import { eventually } from './wait.ts';

export type { TestAnswer, TestClient } from './http-client.ts';

export interface TestAppOptions {
  readonly clock?: TestClock;
  readonly settings?: CapabilitySettings;
  /** false: no subscriptions and no tasks run. */
  readonly background?: boolean;
  /** Further routes, subscriptions or tasks. */
  readonly extraCapabilities?: readonly Capability[];
  readonly onRoute?: (route: RouteOptions) => void;
  readonly logLevel?: 'silent' | 'error' | 'info' | 'debug';
  /** It serves HTTPS with this. */
  readonly tls?: TlsSettings;
}

export interface TestApp {
  readonly url: string;
  readonly application: Application;
  readonly platform: Platform;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly pool: Platform['pool'];
  readonly clock: TestClock;
  readonly administrator: TestClient;
  readonly administratorEmail: string;
  readonly administratorPassword: string;
  readonly anonymous: TestClient;
  clientWithRole(role: Role): Promise<TestClient>;
  clientWithKey(bearerToken: string): TestClient;
  signIn(email: string, password: string): Promise<TestClient>;
  wake(): void;
  emit(event: {
    type: string;
    key: string;
    payload: Record<string, unknown>;
    actor?: string;
  }): Promise<number>;
  settle(): Promise<void>;
  close(): Promise<void>;
}

export const administratorEmail = 'admin@andon.test';
export const administratorPassword = 'correct horse battery';

export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const clock = options.clock ?? runningClock();
  const application = await createApplication({
    connection: database,
    clock,
    newId: uuidv7Source(clock),
    random: systemRandom,
    logger: pino({ level: options.logLevel ?? 'error' }),
    publicUrl: options.tls ? 'https://andon.test' : 'http://andon.test',
    ...(options.tls ? { tls: options.tls } : {}),
    administrator: { email: administratorEmail, password: administratorPassword },
    ...(options.settings ? { settings: options.settings } : {}),
    background: options.background ?? true,
    extraCapabilities: options.extraCapabilities ?? [],
    ...(options.onRoute ? { onRoute: options.onRoute } : {}),
  });
  const url = await application.start({ host: '127.0.0.1', port: 0 });
  const { platform } = application;
  const keyFor = (role: Role) =>
    inTransaction(platform.database, (transaction) =>
      issueApiKey(platform, transaction, { name: `test ${role}`, role, createdBy: 'system:test' }),
    );
  const clientWithKey = (token: string) => createClient(url, { authorization: `Bearer ${token}` });
  return {
    url,
    application,
    platform,
    database: platform.database,
    databaseUrl: database.url,
    pool: platform.pool,
    clock,
    administrator: clientWithKey((await keyFor('administrator')).key),
    administratorEmail,
    administratorPassword,
    anonymous: createClient(url, {}),
    clientWithRole: async (role) => clientWithKey((await keyFor(role)).key),
    clientWithKey,
    signIn: (email, password) => signIn(url, email, password),
    wake: () => application.background.wake(),
    emit: (event) =>
      inTransaction(platform.database, (transaction) =>
        appendEvent(transaction, {
          actor: 'system:test',
          ...event,
          occurredAt: new Date(clock.now()),
        }),
      ),
    settle: () => settle(application),
    async close() {
      await application.stop();
      await database.close();
    },
  };
}

/** Somebody signed in with a password, by the cookie of a session. */
export async function signIn(url: string, email: string, password: string): Promise<TestClient> {
  const answer = await createClient(url, {}).post('/v1/session', { email, password });
  const cookie = answer.headers.getSetCookie().find((line) => line.startsWith(`${sessionCookie}=`));
  if (answer.status !== 201 || cookie === undefined) {
    throw new Error(`signing in as ${email} was answered ${answer.status}: ${answer.text}`);
  }
  return createClient(url, { cookie: cookie.split(';')[0] ?? '' });
}

const probesPerWake = 5;

/** Until every subscriber has passed the last event, also those that the handling of others appends. */
async function settle(application: Application): Promise<void> {
  let probes = 0;
  await eventually('all subscribers to catch up', async () => {
    // What is committed wakes whom it concerns; to wake everybody each time would be most of the work.
    if (probes % probesPerWake === 0) application.background.wake();
    probes += 1;
    const { rows } = await sql`
      select 1 from events_to_order
      union all
      select 1 from event_cursors join event_order on event_order.position > event_cursors.position
      where event_order.type = any(event_cursors.types) limit 1`.execute(application.platform.database);
    return rows.length === 0;
  });
}
