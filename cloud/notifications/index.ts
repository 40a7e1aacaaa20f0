/**
 * Notifications: telling a contact something, once, by a channel that is allowed, and knowing what became of it.
 *
 * Actors: journeys, which commit intents; channel adapters (SMTP, SMPP), which reach the peers; the peers, which
 * accept, refuse, send receipts and bring texts; service staff, who look.
 *
 * A message is queued → sending → sent (the peer accepted it) → delivered or undelivered (its receipt says so);
 * or blocked (a stage of the pipeline gives the reason), failed (refused for good, or not accepted within a day),
 * or unknown (it went out and nobody knows whether it was taken). Temporary failures lead back to queued.
 *
 * Invariants: one message for each step of a run (a unique index); that an attempt is made is committed before the
 * wire is touched; what may have arrived is never sent again; every state change is an event of the same
 * transaction; each attempt keeps when, what came of it, and the peer's words.
 *
 * What may go wrong: the process dies between the peer's answer and our commit (its lease runs out and the message
 * becomes unknown); the connection is cut after the content went out (unknown); a receipt overtakes the answer that
 * names it (it is kept, and matched later); the database is away when the answer comes (the commit is tried again).
 */
export * from './channel-adapter.ts';
export type { Addressee, NotificationIntent } from './intents.ts';
export * from './message-state.ts';
export * from './notifications.ts';
export * from './pipeline.ts';
export { otherSpellings } from './receipts.ts';
export * from './sms-text.ts';
export * from './templates/render.ts';
