/**
 * Consent: may this contact point be written to, for this purpose, about this topic?
 *
 * Actors: the person behind a phone number or an email address (opts out with STOP, in with START), service staff
 * in the consent centre, and notifications, which asks before each send.
 * A consent belongs to a contact point, not to a contact: who shares a phone shares its STOP. States are opted-in
 * and opted-out; without a row the purpose's default counts (transactional allowed, commercial needs an opt-in).
 * Invariants: contact points are compared in one normal form; one row for each (contact point, channel, purpose,
 * topic); every change keeps who, how and when; an opt-out of a whole purpose outweighs an opt-in to a topic.
 * What may go wrong: a STOP that comes twice (the second changes nothing), and words that merely contain one
 * (only a text that is nothing but a keyword counts).
 */
export * from './consent.ts';
export * from './contact-point.ts';
export * from './decision.ts';
export { consentOfKeyword } from './keywords.ts';
export { consentRecordsOf } from './store.ts';
