/**
 * The audit trail: who did what, and when.
 *
 * It is the event log itself: every change of a record is committed together with an event that names who made it, and
 * the database refuses to change, delete or truncate events (triggers of the first migration). So nobody edits the
 * trail, through whatever door. Here it is read by those who may: newest first, what people and their programs did, or
 * everything.
 */
export { auditRoutes } from './audit-routes.ts';
