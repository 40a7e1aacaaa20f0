/**
 * When the lines to the cloud may be used: some are paid for by the minute, or shared with others by day.
 *
 * Actors: the configuration's `uplink.windows` name times by cron expressions; the alert engine's open alerts and
 * urgent news in the outbox override them; the links to the cloud ask once a second, and at each commit of such news.
 *
 * States: open or closed. Closed, everything waits in the outbox, and nothing is heard from the cloud either. An open
 * alert of the severity CRITICAL opens the lines at any time, and so does a configuration on trial, which has to reach
 * the cloud; they stay open for a minute after that, so that the cloud hears of the end. What a CRITICAL alert did, and
 * that a rule which can be CRITICAL was shelved for its chatter, opens them at its commit and until the alerts lane is
 * empty, also where the alert has ended by then, or the gateway was restarted.
 *
 * What may go wrong: the wall clock is wrong, and with it the windows; a gateway that never finds one open keeps what
 * its outbox has room for.
 */
export { type OpeningWindow, uplinkAllowed } from './allowed.ts';
export { type GateParts, UplinkGate } from './gate.ts';
export { UrgentNews } from './urgent-news.ts';
