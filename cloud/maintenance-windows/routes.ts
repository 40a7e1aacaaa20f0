import { AndonError } from '@andon/shared/kernel';
import { isTimeZone } from '../accounts/index.ts';
import type { Alerts } from '../alerts/index.ts';
import {
  type App,
  appendEvent,
  type Database,
  expectedVersion,
  inTransaction,
  type Platform,
  principalOf,
  type Transaction,
} from '../platform/index.ts';
import { occurrenceAfter, occurrenceAt } from './schedule.ts';
import { ById, MaintenanceWindow, WindowInput, Windows, WindowsQuery } from './schemas.ts';
import { nameOfScope, type ScopeParts } from './scope.ts';
import {
  endWindow,
  findWindow,
  insertWindow,
  listWindows,
  lockWindow,
  noSuchWindow,
  scheduleOf,
  updateWindow,
  type WindowDocument,
  type WindowRow,
} from './store.ts';

export interface WindowsGround extends ScopeParts {
  readonly platform: Platform;
  readonly alerts: Pick<Alerts, 'countHeldBy'>;
}

export function windowRoutes(app: App, ground: WindowsGround): void {
  readingRoutes(app, ground);
  writingRoutes(app, ground);
}

function readingRoutes(app: App, ground: WindowsGround): void {
  const { database } = ground.platform;
  app.get(
    '/v1/maintenance-windows',
    {
      config: { permission: 'alerts:read' },
      schema: {
        summary: 'When and where somebody works, so that alerts raised there page nobody',
        querystring: WindowsQuery,
        response: { 200: Windows },
      },
    },
    async (request) => {
      const { state } = request.query;
      const rows = await listWindows(database, state, new Date(ground.platform.clock.now()));
      const items = await present(database, ground, rows);
      return { items: items.filter((window) => state === undefined || window.state === state) };
    },
  );

  app.get(
    '/v1/maintenance-windows/:id',
    { config: { permission: 'alerts:read' }, schema: { params: ById, response: { 200: MaintenanceWindow } } },
    (request) => presentOne(database, ground, request.params.id),
  );
}

function writingRoutes(app: App, ground: WindowsGround): void {
  const { database, clock, newId } = ground.platform;
  app.post(
    '/v1/maintenance-windows',
    {
      config: { permission: 'maintenance-windows:write' },
      schema: { body: WindowInput, response: { 201: MaintenanceWindow } },
    },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const now = new Date(clock.now());
      const id = newId();
      const made = await inTransaction(database, async (transaction) => {
        await insertWindow(transaction, id, await documentOf(transaction, ground, request.body), {
          actor,
          now,
        });
        return told(transaction, ground, 'maintenance-window.created', id, { actor, now });
      });
      return reply.status(201).send(made);
    },
  );

  app.put(
    '/v1/maintenance-windows/:id',
    {
      config: { permission: 'maintenance-windows:write' },
      schema: { params: ById, body: WindowInput, response: { 200: MaintenanceWindow } },
    },
    (request) => {
      const { actor } = principalOf(request);
      const expected = expectedVersion(request);
      const now = new Date(clock.now());
      const { id } = request.params;
      return inTransaction(database, async (transaction) => {
        refuseEnded(await lockWindow(transaction, id, expected));
        await updateWindow(transaction, id, await documentOf(transaction, ground, request.body), now);
        return told(transaction, ground, 'maintenance-window.changed', id, { actor, now });
      });
    },
  );

  app.post(
    '/v1/maintenance-windows/:id/end',
    {
      config: { permission: 'maintenance-windows:write' },
      schema: {
        summary: 'Ends a window for good; the alerts that it holds and that last are told',
        params: ById,
        response: { 200: MaintenanceWindow },
      },
    },
    (request) => {
      const { actor } = principalOf(request);
      const now = new Date(clock.now());
      const { id } = request.params;
      return inTransaction(database, async (transaction) => {
        refuseEnded(await lockWindow(transaction, id, undefined));
        await endWindow(transaction, id, { actor, now });
        return told(transaction, ground, 'maintenance-window.ended', id, { actor, now });
      });
    },
  );
}

function refuseEnded(row: WindowRow): void {
  if (row.ended_at !== null) {
    throw new AndonError({
      code: 'maintenance-windows.ended-already',
      message: 'The window was ended.',
      nextStep: 'Make a new one.',
      status: 409,
    });
  }
}

/** @throws AndonError 422 where the times or the place make no sense */
async function documentOf(
  transaction: Transaction,
  parts: ScopeParts,
  input: WindowInput,
): Promise<WindowDocument> {
  const { scopeKind, scopeId, reason, repeats = 'never', repeatsUntil = null, timeZone = 'UTC' } = input;
  const startsAt = new Date(input.startsAt);
  const endsAt = new Date(input.endsAt);
  const lasts = endsAt.getTime() - startsAt.getTime();
  if (lasts <= 0 || lasts > windowMillisecondsMax) {
    throw senseless('endsAt', 'A window ends after it starts, within 31 days.');
  }
  if (repeats === 'weekly' && lasts > 7 * 86_400_000) {
    throw senseless('endsAt', 'What repeats each week lasts a week at most.');
  }
  if (repeats === 'never' && repeatsUntil !== null) {
    throw senseless('repeatsUntil', 'Only a window that repeats has an end of repeating.');
  }
  if (!isTimeZone(timeZone)) {
    throw senseless('timeZone', 'There is no such time zone.');
  }
  return {
    scope_kind: scopeKind,
    scope_id: scopeId,
    scope_name: await nameOfScope(transaction, parts, scopeKind, scopeId),
    reason,
    starts_at: startsAt,
    ends_at: endsAt,
    repeats,
    repeats_until: repeatsUntil === null ? null : new Date(repeatsUntil),
    time_zone: timeZone,
  };
}

/** Longer is no maintenance. */
const windowMillisecondsMax = 31 * 86_400_000;

function senseless(field: string, message: string): AndonError {
  return new AndonError({
    code: 'maintenance-windows.makes-no-sense',
    message,
    nextStep: 'Correct the field named.',
    field,
    status: 422,
  });
}

async function told(
  transaction: Transaction,
  ground: WindowsGround,
  type: string,
  id: string,
  by: { readonly actor: string; readonly now: Date },
): Promise<MaintenanceWindow> {
  const window = await presentOne(transaction, ground, id);
  const { scopeKind, scopeId, reason, startsAt, endsAt, repeats, timeZone } = window;
  await appendEvent(transaction, {
    type,
    key: id,
    payload: { windowId: id, scopeKind, scopeId, reason, startsAt, endsAt, repeats, timeZone },
    actor: by.actor,
    occurredAt: by.now,
  });
  return window;
}

async function presentOne(database: Database, ground: WindowsGround, id: string): Promise<MaintenanceWindow> {
  const row = await findWindow(database, id);
  const [window] = row === undefined ? [] : await present(database, ground, [row]);
  if (window === undefined) {
    throw noSuchWindow();
  }
  return window;
}

async function present(
  database: Database,
  { platform, alerts }: WindowsGround,
  rows: readonly WindowRow[],
): Promise<MaintenanceWindow[]> {
  const now = platform.clock.now();
  const heldBy = await alerts.countHeldBy(
    database,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const current = row.ended_at === null ? occurrenceAt(scheduleOf(row), now) : undefined;
    const next = row.ended_at === null ? occurrenceAfter(scheduleOf(row), now) : undefined;
    return {
      id: row.id,
      scopeKind: row.scope_kind,
      scopeId: row.scope_id,
      scopeName: row.scope_name,
      reason: row.reason,
      startsAt: row.starts_at.toISOString(),
      endsAt: row.ends_at.toISOString(),
      repeats: row.repeats,
      repeatsUntil: row.repeats_until?.toISOString() ?? null,
      timeZone: row.time_zone,
      state: current !== undefined ? 'in-force' : next !== undefined ? 'planned' : 'over',
      until: current === undefined ? null : new Date(current.end).toISOString(),
      nextStartsAt: next === undefined ? null : new Date(next.start).toISOString(),
      heldCount: heldBy(row.id).held,
      endedAt: row.ended_at?.toISOString() ?? null,
      endedBy: row.ended_by,
      createdBy: row.created_by,
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
      version: row.version,
    };
  });
}
