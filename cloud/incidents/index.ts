/**
 * Incidents: very many alerts with one cause are one thing to people.
 *
 * Actors: alerts, which ask of each batch of new ones whether they are part of a storm (a port, `StormWatch`); time;
 * service staff, who acknowledge an incident and close it. A cause is a rule with its error code in a category, a
 * site, or a gateway, believed in this order. When so many devices have alerts of one cause within the window, an
 * incident begins: its members, and those that come after, are held, so that they page nobody and begin no
 * escalation. What was told before it was seen stays told, and becomes a member, too. Where nothing was, the first
 * alert speaks for the incident: it goes its way as any alert does, to one remedy and one case.
 *
 * States: `gathering` (alerts of the cause join), `settled` (none came for the quiet time), `over` (nothing of it is
 * active), `closed` (a person closed it, and may let go those of its alerts that last, which are told then).
 *
 * Invariants: one gathering incident for each cause (a unique index); its count is that of its members, counted when
 * it is asked for (time alone asks for no count: it looks whether one came lately, and whether one lasts); whoever
 * tells people hears of `incident.opened` once.
 *
 * What may go wrong: two gateways notice the same storm at once: one waits at the index, and its alerts join what the
 * other began. An alert is stored by one worker while another begins the incident and cannot see it yet: it is
 * gathered within a second.
 */
import type { Alerts, StormWatch } from '../alerts/index.ts';
import type { Capability, Platform } from '../platform/index.ts';
import { watchIncidents } from './lifecycle.ts';
import { incidentRoutes } from './routes.ts';
import { createStormWatch } from './storm-watch.ts';

export { Incident } from './schemas.ts';
export { findStayingIncident } from './store.ts';

export interface Incidents extends Capability {
  readonly stormWatch: StormWatch;
}

const rescanMilliseconds = 1000;

export function createIncidents(
  platform: Platform,
  { alerts }: { readonly alerts: Pick<Alerts, 'countMembers'> },
): Incidents {
  return {
    name: 'incidents',
    stormWatch: createStormWatch(platform),
    tasks: [
      {
        name: 'incidents.watch',
        everyMilliseconds: rescanMilliseconds,
        run: () => watchIncidents(platform),
      },
    ],
    routes: (app) => incidentRoutes(app, { platform, alerts }),
  };
}
