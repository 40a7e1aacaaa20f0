import { appendEvents, type Platform, sql, type Transaction } from '../platform/index.ts';
import { findAttributeIssue, presentAttributes } from './attributes.ts';
import type { TriggerRow } from './tables.ts';

/** A chain of triggers, each raised by a run that the one before began, may be so long. */
export const causalDepthMax = 10;

export interface Raise {
  readonly trigger: TriggerRow;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly contactId: string | null;
  readonly test: boolean;
  readonly actor: string;
  readonly causedBy: number | null;
  readonly depth: number;
  /** The event of the log that it is raised for: once only. */
  readonly sourceEventId?: number;
  /** The step that raises it: once only. */
  readonly origin?: { readonly runId: string; readonly stepId: string };
}

export type Raised =
  | { readonly kind: 'raised'; readonly id: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'already' };

/**
 * Raises a trigger and tells it, in the caller's transaction. What cannot be raised (a draft, attributes that do not
 * fit, a chain too long) is recorded as refused, with the reason. The same source or step raises once.
 */
export async function raiseTrigger(
  platform: Platform,
  transaction: Transaction,
  raise: Raise,
): Promise<Raised> {
  const [raised] = await raiseTriggers(platform, transaction, [raise]);
  if (raised === undefined) {
    throw new Error(`nothing is known of what became of the trigger ${raise.trigger.name}`);
  }
  return raised;
}

/** As `raiseTrigger`, for many in this order, by a few statements for all. */
export async function raiseTriggers(
  platform: Platform,
  transaction: Transaction,
  raises: readonly Raise[],
): Promise<Raised[]> {
  const now = new Date(platform.clock.now());
  const raising = raises.map((raise) => {
    const reason = reasonToRefuse(raise);
    const attributes = reason === undefined ? presentAttributes(raise.attributes) : {};
    return { raise, reason, attributes, id: platform.newId() };
  });
  const inserted = await insertTriggerEvents(transaction, raising, now);
  const fresh = raising.filter(({ id, reason }) => reason === undefined && inserted.has(id));
  const eventIds = await appendEvents(
    transaction,
    fresh.map(({ raise, attributes, id }) => ({
      type: 'trigger.raised',
      key: id,
      payload: {
        triggerEventId: id,
        trigger: raise.trigger.name,
        attributes,
        contactId: raise.contactId,
        runId: raise.origin?.runId ?? null,
        test: raise.test,
      },
      actor: raise.actor,
      occurredAt: now,
      ...(raise.causedBy === null ? {} : { causedBy: raise.causedBy }),
    })),
  );
  if (fresh.length > 0) {
    await sql`
      update trigger_events set event_id = told.event_id
      from unnest(${fresh.map(({ id }) => id)}::uuid[], ${eventIds}::bigint[]) as told (id, event_id)
      where trigger_events.id = told.id`.execute(transaction);
  }
  return raising.map(({ id, reason }) => {
    if (!inserted.has(id)) {
      return { kind: 'already' };
    }
    return reason === undefined ? { kind: 'raised', id } : { kind: 'refused', reason };
  });
}

interface Raising {
  readonly raise: Raise;
  readonly reason: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly id: string;
}

/** Answers the ids of those that were not there yet. */
async function insertTriggerEvents(
  transaction: Transaction,
  raising: readonly Raising[],
  now: Date,
): Promise<Set<string>> {
  const rows = raising.map(({ raise, reason, attributes, id }, number) => ({
    number,
    id,
    trigger_name: raise.trigger.name,
    attributes,
    contact_id: raise.contactId,
    run_id: raise.origin?.runId ?? null,
    step_id: raise.origin?.stepId ?? null,
    source_event_id: raise.sourceEventId ?? null,
    depth: raise.depth,
    test: raise.test,
    state: reason === undefined ? 'raised' : 'refused',
    reason: reason ?? null,
    actor: raise.actor,
  }));
  const inserted = await sql<{ id: string }>`
    insert into trigger_events (id, trigger_name, attributes, contact_id, run_id, step_id, source_event_id, depth,
      test, state, reason, actor, raised_at)
    select id, trigger_name, attributes, contact_id, run_id, step_id, source_event_id, depth, test, state, reason, actor,
      ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (number integer, id uuid, trigger_name text,
      attributes jsonb, contact_id uuid, run_id uuid, step_id text, source_event_id bigint, depth integer, test boolean,
      state text, reason text, actor text)
    order by number
    on conflict do nothing returning id`.execute(transaction);
  return new Set(inserted.rows.map(({ id }) => id));
}

function reasonToRefuse(raise: Raise): string | undefined {
  if (raise.trigger.status === 'draft') {
    return `The trigger ${raise.trigger.name} is a draft.`;
  }
  if (raise.depth > causalDepthMax) {
    return `The chain of triggers is longer than ${causalDepthMax}: journeys seem to raise each other in a circle.`;
  }
  return findAttributeIssue(raise.trigger.attributes, raise.attributes)?.message;
}

const ancestorsMax = 100;

/**
 * How long the chain of triggers is that each of these events of the log follows from; one that no trigger led to is left
 * out.
 */
export async function depthsOfEvents(
  transaction: Transaction,
  causes: readonly number[],
): Promise<Map<number, number>> {
  if (causes.length === 0) {
    return new Map();
  }
  const found = await sql<{ cause: number; depth: number }>`
    with recursive ancestors (cause, id, caused_by, distance) as (
      select id, id, caused_by, 1 from events where id = any(${[...new Set(causes)]}::bigint[])
      union all
      select ancestors.cause, cause.id, cause.caused_by, distance + 1 from ancestors cross join lateral (
        select id, caused_by from events where events.id = ancestors.caused_by limit 1) as cause
      where distance < ${ancestorsMax})
    select cause, max(raised.depth) as depth from ancestors
      cross join lateral (select max(depth) as depth from trigger_events where event_id = ancestors.id) as raised
    where raised.depth is not null group by cause`.execute(transaction);
  return new Map(found.rows.map(({ cause, depth }) => [cause, depth]));
}
