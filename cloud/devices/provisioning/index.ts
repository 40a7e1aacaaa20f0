/**
 * How devices come into the registry, besides one by one through an administrator.
 *
 * By claim code: a device is made (its id, its category, its MQTT password) before anybody knows whose it will be. The
 * code that goes with it is good once and expires; whoever types it names the asset and the gateway, and the device
 * becomes that asset's. Only SHA-256 of codes are kept.
 *
 * Just in time: a gateway tells of a device that it serves and that the registry does not know. Where the category
 * allows it and the gateway has an account and room left, an asset is made and registered as that device; otherwise it
 * is listed with the reason, and asked about again later.
 *
 * In bulk: a job of up to ten thousand rows. Each row is one transaction, which also writes its result: it is done as a
 * whole or not at all, and whatever is killed in between, the job goes on with the rows that wait. A line of a table that
 * is broken is a row that has failed; what failed can be had as a table, to be mended and sent again.
 *
 * May go wrong: a code is typed twice at once (one of the two gets the device); a job is cancelled while a row is
 * worked at (that row is finished); a row that the database refuses (it fails with a reason, and the next one is taken).
 */
import type { App, BackgroundTask } from '../../platform/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { claimingRoutes, claimRoutes } from './claim-routes.ts';
import { jobMistakesRoutes, jobRoutes } from './job-routes.ts';
import { workOnRows } from './job-work.ts';
import { discoveryRoutes } from './just-in-time-routes.ts';

const jobsRescanMilliseconds = 2000;

export function provisioningRoutes(app: App, dependencies: Dependencies): void {
  claimRoutes(app, dependencies);
  claimingRoutes(app, dependencies);
  discoveryRoutes(app, dependencies);
  jobRoutes(app, dependencies);
  jobMistakesRoutes(app, dependencies);
}

export function provisioningTasks(dependencies: Dependencies): BackgroundTask[] {
  return [
    {
      name: 'devices.registration-jobs',
      everyMilliseconds: jobsRescanMilliseconds,
      wakesOn: ['device-registration-job.'],
      run: () => workOnRows(dependencies),
    },
  ];
}
