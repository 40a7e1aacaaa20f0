/**
 * The ground that every capability stands on.
 *
 * Database: one PostgreSQL, reached through Kysely; every store method takes the transaction. Event log: a change
 * and the event that tells of it are committed together; a subscriber commits its effect and its cursor together.
 * So an event has its effect exactly once, whatever is killed in between. Background tasks rescan the truth and
 * lose nothing when a wake-up is lost. Doors: every route declares its permission and its schemas; whatever goes
 * wrong becomes problem details.
 */
export * from './audit/index.ts';
export * from './auth/index.ts';
export * from './authorization.ts';
export * from './background.ts';
export * from './capability.ts';
export * from './cursor-parts.ts';
export * from './database.ts';
export * from './event-log.ts';
export * from './http/index.ts';
export * from './live/index.ts';
export * from './migrations.ts';
export * from './pagination.ts';
export * from './people-who-may.ts';
export * from './problem-details.ts';
export * from './putting-off.ts';
export * from './record-schemas.ts';
export * from './record-versions.ts';
export * from './storable-text.ts';
export * from './subscriptions.ts';
export * from './tables/index.ts';
export * from './told-change.ts';
