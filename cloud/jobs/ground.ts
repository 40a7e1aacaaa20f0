import type { Accounts } from '../accounts/index.ts';
import type { Commands } from '../commands/index.ts';
import type { Devices } from '../devices/index.ts';
import type { Database, Platform } from '../platform/index.ts';

/**
 * Of some machines, those that a technician is at, or is booked to be at, by device, with when that begins. Brought by
 * whoever plans visits.
 */
export type NextVisits = (
  database: Database,
  machines: readonly { readonly deviceId: string; readonly assetId: string }[],
  now: Date,
) => Promise<ReadonlyMap<string, Date>>;

export interface JobsDependencies {
  readonly accounts: Pick<Accounts, 'hoursOfPlaces'>;
  readonly devices: Pick<Devices, 'findCategory'>;
  readonly commands: Pick<Commands, 'issueAll' | 'cancel'>;
}

export interface JobsGround {
  readonly platform: Platform;
  readonly dependencies: JobsDependencies;
  /** The ids of devices; nobody's visits are known until somebody brings them. */
  nextVisits: NextVisits;
}
