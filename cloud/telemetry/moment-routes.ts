import type { Devices } from '../devices/index.ts';
import {
  type App,
  Page,
  type Permission,
  type Platform,
  type Principal,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { listMoments, type MomentRow } from './moment-store.ts';
import { type MomentKind, momentKinds } from './moments.ts';
import { requireDevice } from './routes.ts';
import { DeviceById, DeviceMoment, MomentsQuery } from './schemas.ts';
import { timeRangeOf } from './time-range.ts';

/** Whoever may not see alerts, cases or the like gets the others. */
function kindsFor({ permissions }: Principal): MomentKind[] {
  const entries = Object.entries(momentKinds) as [MomentKind, Permission][];
  return entries.flatMap(([kind, permission]) => (permissions.has(permission) ? [kind] : []));
}

/** What happened to a device: the pins on its charts. */
export function momentRoutes(app: App, platform: Platform, { devices }: { devices: Devices }): void {
  const { database } = platform;
  app.get(
    '/v1/devices/:id/moments',
    {
      config: { permission: 'telemetry:read' },
      schema: {
        tags: ['telemetry'],
        params: DeviceById,
        querystring: MomentsQuery,
        response: { 200: Page(DeviceMoment) },
      },
    },
    async (request) => {
      const { id: deviceId } = await requireDevice(database, devices, request.params.id);
      const { limit = 200, cursor, ...times } = request.query;
      const before = readCursor(cursor, ['time', 'number']);
      const query = {
        ...timeRangeOf(times, platform.clock.now()),
        deviceId,
        kinds: kindsFor(principalOf(request)),
        limit,
        ...(before && { before }),
      };
      return toPage(await listMoments(database, query), limit, toMoment, (row) => [
        row.position,
        row.event_id,
      ]);
    },
  );
}

function toMoment(row: MomentRow): DeviceMoment {
  return {
    id: row.event_id,
    at: row.at.toISOString(),
    kind: row.kind,
    recordId: row.record_id,
    signal: row.signal,
    severity: row.severity,
    state: row.state,
    title: row.title,
  };
}
