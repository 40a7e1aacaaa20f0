import { inTransaction, type Platform, type StoredEvent, sql, type Transaction } from '../platform/index.ts';
import { isMet } from './condition.ts';
import { initialState, type RunInput } from './interpreter.ts';
import { type JourneyVersion, liveVersionsOf, requireVersion } from './journey-store.ts';
import { type Mover, type RunPorts, tellRun } from './run-effects.ts';
import { inputOf, lockListeners, moveRun } from './run-move.ts';
import type { RunRow, TriggerEventRow } from './tables.ts';
import { findTriggerEvent } from './trigger-store.ts';

const dueRunsPerCallMax = 100;

export interface Runs {
  /** Moves the runs that listen for a trigger, and begins those that it begins. */
  onTriggerRaised(transaction: Transaction, event: StoredEvent): Promise<void>;
  /** Of these, the ids of those before the first that any journey would hear. */
  findUnheard(transaction: Transaction, events: readonly StoredEvent[]): Promise<ReadonlySet<number>>;
  /** Moves the runs whose time has come. Answers how many. */
  moveDue(): Promise<number>;
  /** Ends every run of a journey that is in progress. */
  stopAll(transaction: Transaction, journeyId: string, reason: string): Promise<void>;
}

/** Moves runs: by triggers, by time, by a person. Each move is one transaction with all its effects. */
export function createRuns(platform: Platform, ports: RunPorts): Runs {
  const now = () => new Date(platform.clock.now());
  const move = async (transaction: Transaction, run: RunRow, input: RunInput, mover: Mover) =>
    moveRun(
      { platform, ports, transaction, run, at: now() },
      await requireVersion(transaction, run.journey_id, run.journey_version),
      input,
      mover,
    );

  return {
    async onTriggerRaised(transaction, event) {
      const raised = await findTriggerEvent(transaction, event.key);
      if (raised === undefined || raised.state !== 'raised') {
        return;
      }
      const mover: Mover = { causedBy: event.id, depth: raised.depth };
      for (const run of await lockListeners(transaction, raised)) {
        await move(transaction, run, inputOf(raised), mover);
      }
      for (const version of await liveVersionsOf(transaction, raised.trigger_name)) {
        const run = await admit(platform, transaction, version, raised, mover);
        if (run !== undefined) {
          await move(transaction, run, { type: 'begin' }, mover);
        }
      }
    },

    async findUnheard(transaction, events) {
      const heard = await findHeard(transaction, [...new Set(events.map(triggerOf))]);
      const first = events.findIndex((event) => heard.has(triggerOf(event)));
      return new Set((first === -1 ? events : events.slice(0, first)).map(({ id }) => id));
    },

    async moveDue() {
      let moved = 0;
      for (let due = true; due && moved < dueRunsPerCallMax; ) {
        due = await inTransaction(platform.database, async (transaction) => {
          const run = await lockOneDue(transaction, now());
          if (run !== undefined) {
            await move(transaction, run, { type: 'time' }, { causedBy: run.caused_by, depth: run.depth });
          }
          return run !== undefined;
        });
        moved += due ? 1 : 0;
      }
      return moved;
    },

    async stopAll(transaction, journeyId, reason) {
      const running = await sql<RunRow>`select * from journey_runs
        where journey_id = ${journeyId} and status = 'in-progress' order by id for update`.execute(
        transaction,
      );
      for (const run of running.rows) {
        const mover = { causedBy: run.caused_by, depth: run.depth };
        await move(transaction, run, { type: 'stop', reason }, mover);
      }
    },
  };
}

const triggerOf = ({ payload }: StoredEvent): string => String(payload.trigger);

/** Those of these triggers that begin a live journey, or that a run waits for. */
async function findHeard(transaction: Transaction, triggers: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ raised: string }>`
    select raised from unnest(${[...triggers]}::text[]) as raised
    where exists (
        select from journeys join journey_versions on journey_id = journeys.id and number = live_version
        where status = 'live' and trigger_name = raised)
      or exists (select from journey_waits where trigger_name = raised)`.execute(transaction);
  return new Set(rows.map((row) => row.raised));
}

/** A new run for a trigger event; undefined where the entry condition is not met, which is counted. */
async function admit(
  platform: Platform,
  transaction: Transaction,
  version: JourneyVersion,
  raised: TriggerEventRow,
  mover: Mover,
): Promise<RunRow | undefined> {
  const at = new Date(platform.clock.now());
  const state = initialState(raised.attributes);
  if (!isMet(version.definition.entryCondition, state.scope)) {
    if (!raised.test) {
      await sql`insert into journey_refusals (journey_id, trigger_event_id, reason, refused_at)
        values (${version.journeyId}, ${raised.id}, 'condition-not-met', ${at})
        on conflict do nothing`.execute(transaction);
    }
    return undefined;
  }
  const inserted = await sql<RunRow>`
    insert into journey_runs (id, journey_id, journey_version, trigger_event_id, contact_id, test, status, state,
      caused_by, depth, started_at, updated_at)
    values (${platform.newId()}, ${version.journeyId}, ${version.number}, ${raised.id}, ${raised.contact_id},
      ${raised.test}, 'in-progress', ${JSON.stringify(state)}::jsonb, ${mover.causedBy}, ${mover.depth}, ${at}, ${at})
    on conflict on constraint journey_runs_one_per_event do nothing returning *`.execute(transaction);
  const [run] = inserted.rows;
  if (run !== undefined) {
    await tellRun({ transaction, run, at }, 'journey.run-started', { triggerEventId: raised.id }, mover);
  }
  return run;
}

async function lockOneDue(transaction: Transaction, now: Date): Promise<RunRow | undefined> {
  const due = await sql<RunRow>`
    select * from journey_runs where status = 'in-progress' and due_at <= ${now}
    order by due_at limit 1 for update skip locked`.execute(transaction);
  return due.rows[0];
}
