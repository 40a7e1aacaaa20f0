/**
 * Maintenance windows: while somebody works on a machine, what it says is no news.
 *
 * Actors: service managers and technicians, who say where and when; alerts, which ask what is held (a port,
 * `HoldSource`). A window is for an account with those below it, a site, an asset, a device, a gateway with its
 * devices, or a category. It is once, or each week by the clocks of its time zone. Alerts raised inside are stored,
 * marked, and told nobody; those that last when the window ends are told then. An alert that was there before stays
 * as it was.
 *
 * States: planned, in force, over; they follow from the clock (`schedule.ts`, pure), and are stored nowhere. A person
 * may end a window for good, at any time.
 *
 * What may go wrong: a window is moved or ended while it holds alerts: they are looked at again within a second. The
 * clocks are changed inside a weekly window: it ends when the clocks on the wall say so.
 */
import type { Accounts } from '../accounts/index.ts';
import type { HoldSource } from '../alerts/index.ts';
import type { Capability, Platform } from '../platform/index.ts';
import { createHoldSource } from './hold-source.ts';
import { type WindowsGround, windowRoutes } from './routes.ts';

export { MaintenanceWindow } from './schemas.ts';

export interface MaintenanceWindows extends Capability {
  readonly holdSource: HoldSource;
}

export function createMaintenanceWindows(
  platform: Platform,
  parts: Omit<WindowsGround, 'platform'> & { readonly accounts: Pick<Accounts, 'findLines'> },
): MaintenanceWindows {
  return {
    name: 'maintenance-windows',
    holdSource: createHoldSource(parts.accounts),
    routes: (app) => windowRoutes(app, { ...parts, platform }),
  };
}
