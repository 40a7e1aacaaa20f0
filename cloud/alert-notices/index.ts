/**
 * Alert notices: the person whom somebody named is told of an alert, on the channel that was chosen.
 *
 * Actors: service managers, who say who is told of what (a rule: category, rule of the category, account, severity;
 * a contact or a user; a channel; a wait); alerts, whose committed events say that one is to be told; notifications,
 * which see to consent and to the wire.
 *
 * A notice is `waiting` for the wait of its rule, then `told`, or `dropped` with the reason: the alert was over, is
 * held, was seen, its primary alert was told to the same person, or telling it failed too often. An alert that is part
 * of an incident is told as the incident, once for each rule, with the number of its members at that moment; once it
 * is over, or a person closes it before, those who were told of it are told their final number, once, by the same rule.
 * Whose notice was not due by then is told neither, and the notice says why. A held
 * alert has no notice; when nothing holds it any more, `alert.released` gives it one. One that gets worse is told to
 * those whom it was not told yet.
 *
 * Invariants: one notice for each rule and event, and for each rule and the beginning and the end of an incident
 * (unique indexes); a message and the
 * notice that says so are committed together.
 *
 * What may go wrong: the person has no address any more (the message is kept, blocked, and says so).
 */
import type { Capability, Platform } from '../platform/index.ts';
import { noticeRoutes } from './routes.ts';
import { noticesSubscription } from './scheduling.ts';
import { type TellingGround, tellDue } from './telling.ts';

export { reasonNotToTell } from './telling.ts';

export function createAlertNotices(platform: Platform, parts: Omit<TellingGround, 'platform'>): Capability {
  const ground = { ...parts, platform };
  return {
    name: 'alert-notices',
    subscriptions: [noticesSubscription(ground)],
    tasks: [{ name: 'alert-notices.due', everyMilliseconds: 500, run: () => tellDue(ground) }],
    routes: (app) => noticeRoutes(app, ground),
  };
}
