import { sql, type Transaction } from '../platform/index.ts';
import type { Attributes, Scalar } from './attributes.ts';
import type { JourneyDefinition } from './definition.ts';
import { advance, awaitedBy, type Effect, type RunInput, type RunState, refused } from './interpreter.ts';
import { type Mover, performEffect, type RunMove, tellRun } from './run-effects.ts';
import type { RunRow, TriggerEventRow } from './tables.ts';

/** A run may catch up on so many triggers that it missed in one move. */
const inputsMax = 100;

/**
 * Gives a run an input and commits what follows: its state, its effects, what it listens for now. Then what it missed
 * before it listened: a trigger that came after the run's own but before the step that waits for it. The caller holds
 * the run's lock.
 */
export async function moveRun(
  move: RunMove,
  definition: JourneyDefinition,
  input: RunInput,
  mover: Mover,
): Promise<void> {
  const { platform, run } = move;
  let state = run.state;
  let by = mover;
  let next: RunInput | undefined = input;
  for (let inputs = 0; next !== undefined && inputs < inputsMax; inputs += 1) {
    const advanced = advance(definition, state, next, platform.clock.now());
    if (advanced.state === state) {
      break;
    }
    state = await apply(move, advanced.state, advanced.effects, by);
    const missed = await findMissed(move, state);
    next = missed && inputOf(missed);
    by = missed ? { causedBy: missed.event_id, depth: Math.max(by.depth, missed.depth) } : by;
  }
  if (state !== run.state) {
    await store(move, definition, state, by);
  }
}

async function apply(
  move: RunMove,
  state: RunState,
  effects: readonly Effect[],
  mover: Mover,
): Promise<RunState> {
  for (const effect of effects) {
    const refusal = await performEffect(move, effect, mover);
    if (refusal !== undefined) {
      return refused(state, refusal);
    }
  }
  return state;
}

async function store(
  move: RunMove,
  definition: JourneyDefinition,
  state: RunState,
  mover: Mover,
): Promise<void> {
  const { transaction, run, at } = move;
  const finishedAt = state.status === 'in-progress' ? null : at;
  await sql`update journey_runs set state = ${JSON.stringify(state)}::jsonb, status = ${state.status},
      reason = ${state.reason}, due_at = ${state.wakeAt === null ? null : new Date(state.wakeAt)},
      caused_by = ${mover.causedBy}, depth = ${mover.depth}, updated_at = ${at}, finished_at = ${finishedAt}
    where id = ${run.id}`.execute(transaction);
  await sql`delete from journey_waits where run_id = ${run.id}`.execute(transaction);
  for (const [position, { trigger, correlation }] of awaitedBy(definition, state).entries()) {
    const [value] = Object.values(correlation);
    await sql`insert into journey_waits (run_id, position, trigger_name, correlation_value, correlation)
      values (${run.id}, ${position}, ${trigger}, ${findableAs(value)},
        ${JSON.stringify(correlation)}::jsonb)`.execute(transaction);
  }
  if (finishedAt !== null) {
    await tellRun(move, 'journey.run-finished', { status: state.status, reason: state.reason }, mover);
  }
}

/** The first event that the run waits for now and that was raised after the run's own, while nobody listened. */
async function findMissed(
  { transaction, run }: RunMove,
  state: RunState,
): Promise<TriggerEventRow | undefined> {
  if (state.awaiting === null) {
    return undefined;
  }
  const found = await sql<TriggerEventRow>`
    select * from trigger_events
    where trigger_name = ${state.awaiting.trigger} and state = 'raised' and test = ${run.test}
      and sequence > (select sequence from trigger_events where id = ${run.trigger_event_id})
      and attributes @> ${JSON.stringify(state.awaiting.correlation)}::jsonb
      and id <> all(${[...state.taken]}::uuid[])
    order by sequence limit 1`.execute(transaction);
  return found.rows[0];
}

/** The runs that listen for this event, locked, in one order for everybody. */
export async function lockListeners(transaction: Transaction, raised: TriggerEventRow): Promise<RunRow[]> {
  const values = Object.values(raised.attributes).map(findableAs);
  const found = await sql<RunRow>`
    select * from journey_runs
    where status = 'in-progress' and test = ${raised.test} and id in (
      select run_id from journey_waits
      where trigger_name = ${raised.trigger_name} and correlation_value = any(${values})
        and ${JSON.stringify(raised.attributes satisfies Attributes)}::jsonb @> correlation)
    order by id for update`.execute(transaction);
  return found.rows;
}

function findableAs(value: Scalar | undefined): string {
  return JSON.stringify(value);
}

export function inputOf(raised: TriggerEventRow): RunInput {
  return {
    type: 'trigger',
    id: raised.id,
    trigger: raised.trigger_name,
    attributes: raised.attributes,
  };
}
