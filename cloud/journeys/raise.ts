import { appendEvent, type Platform, sql, type Transaction } from '../platform/index.ts';
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
  const reason = reasonToRefuse(raise);
  const id = platform.newId();
  const now = new Date(platform.clock.now());
  const attributes = reason === undefined ? presentAttributes(raise.attributes) : {};
  const inserted = await sql<{ id: string }>`
    insert into trigger_events (id, trigger_name, attributes, contact_id, run_id, step_id, source_event_id, depth,
      test, state, reason, actor, raised_at)
    values (${id}, ${raise.trigger.name}, ${JSON.stringify(attributes)}::jsonb, ${raise.contactId},
      ${raise.origin?.runId ?? null}, ${raise.origin?.stepId ?? null}, ${raise.sourceEventId ?? null},
      ${raise.depth}, ${raise.test}, ${reason === undefined ? 'raised' : 'refused'}, ${reason ?? null},
      ${raise.actor}, ${now})
    on conflict do nothing returning id`.execute(transaction);
  if (inserted.rows.length === 0) {
    return { kind: 'already' };
  }
  if (reason !== undefined) {
    return { kind: 'refused', reason };
  }
  const eventId = await appendEvent(transaction, {
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
  });
  await sql`update trigger_events set event_id = ${eventId} where id = ${id}`.execute(transaction);
  return { kind: 'raised', id };
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

/** How long the chain of triggers is that an event of the log follows from; 0 where no trigger led to it. */
export async function depthOfEvent(transaction: Transaction, causedBy: number | null): Promise<number> {
  if (causedBy === null) {
    return 0;
  }
  const found = await sql<{ depth: number | null }>`
    with recursive ancestors (id, caused_by, distance) as (
      select id, caused_by, 1 from events where id = ${causedBy}
      union all
      select events.id, events.caused_by, distance + 1
      from events join ancestors on events.id = ancestors.caused_by where distance < ${ancestorsMax})
    select max(depth) as depth from ancestors join trigger_events on event_id = ancestors.id`.execute(
    transaction,
  );
  return found.rows[0]?.depth ?? 0;
}
