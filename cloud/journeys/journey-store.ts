import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import { type JourneyDefinition, readDefinition } from './definition.ts';
import type { JourneyRow, RunRow } from './tables.ts';

export interface JourneyVersion {
  readonly journeyId: string;
  readonly number: number;
  readonly definition: JourneyDefinition;
}

export async function findJourney(database: Database, id: string): Promise<JourneyRow | undefined> {
  const found = await sql<JourneyRow>`select * from journeys where id = ${id}`.execute(database);
  return found.rows[0];
}

/** Locks the journey, so that two changes of it come one after the other. */
export async function lockJourney(transaction: Transaction, id: string): Promise<JourneyRow> {
  const found = await sql<JourneyRow>`select * from journeys where id = ${id} for update`.execute(
    transaction,
  );
  return requireFound(found.rows[0]);
}

export async function requireJourney(database: Database, id: string): Promise<JourneyRow> {
  return requireFound(await findJourney(database, id));
}

function requireFound(journey: JourneyRow | undefined): JourneyRow {
  if (journey === undefined) {
    throw new AndonError({
      code: 'journeys.no-such-journey',
      message: 'There is no such journey.',
      nextStep: 'Look for it in GET /v1/journeys.',
      status: 404,
    });
  }
  return journey;
}

export async function insertJourney(
  transaction: Transaction,
  journey: { id: string; name: string; builtInKey: string | null; builtInVersion: number | null; now: Date },
): Promise<void> {
  await sql`insert into journeys (id, name, status, latest_version, built_in_key, built_in_version, created_at,
      updated_at, version)
    values (${journey.id}, ${journey.name}, 'draft', 0, ${journey.builtInKey}, ${journey.builtInVersion},
      ${journey.now}, ${journey.now}, 1)`.execute(transaction);
}

/** Adds a version; the one before stays with the runs that began with it. */
export async function addVersion(
  transaction: Transaction,
  change: { journeyId: string; name: string; definition: JourneyDefinition; actor: string; now: Date },
): Promise<number> {
  const updated = await sql<{ latest_version: number }>`
    update journeys set latest_version = latest_version + 1, name = ${change.name}, updated_at = ${change.now},
      version = version + 1
    where id = ${change.journeyId} returning latest_version`.execute(transaction);
  const number = updated.rows[0]?.latest_version;
  if (number === undefined) {
    throw new Error('the journey is gone');
  }
  await sql`insert into journey_versions (journey_id, number, trigger_name, definition, actor, created_at)
    values (${change.journeyId}, ${number}, ${change.definition.trigger},
      ${JSON.stringify(change.definition)}::jsonb, ${change.actor}, ${change.now})`.execute(transaction);
  return number;
}

export async function setStatus(
  transaction: Transaction,
  change: { id: string; status: JourneyRow['status']; liveVersion: number | null; now: Date },
): Promise<void> {
  await sql`update journeys set status = ${change.status}, live_version = ${change.liveVersion},
      updated_at = ${change.now}, version = version + 1
    where id = ${change.id}`.execute(transaction);
}

export async function requireVersion(
  database: Database,
  journeyId: string,
  number: number,
): Promise<JourneyDefinition> {
  const found = await sql<{ definition: unknown }>`
    select definition from journey_versions where journey_id = ${journeyId} and number = ${number}`.execute(
    database,
  );
  return readDefinition(found.rows[0]?.definition);
}

/** The live versions that a trigger begins. They are locked against being stopped until the transaction ends. */
export async function liveVersionsOf(transaction: Transaction, trigger: string): Promise<JourneyVersion[]> {
  const found = await sql<{ journey_id: string; number: number; definition: unknown }>`
    select journey_id, number, definition
    from journeys join journey_versions on journey_id = journeys.id and number = live_version
    where status = 'live' and trigger_name = ${trigger}
    order by journeys.id for share of journeys`.execute(transaction);
  return found.rows.map((row) => ({
    journeyId: row.journey_id,
    number: row.number,
    definition: readDefinition(row.definition),
  }));
}

/** Newest first, one more than asked for. */
export async function listJourneys(
  database: Database,
  filter: { beforeId?: string | undefined; limit: number },
): Promise<JourneyRow[]> {
  const found = await sql<JourneyRow>`
    select * from journeys ${filter.beforeId === undefined ? sql`` : sql`where id < ${filter.beforeId}`}
    order by id desc limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}

export interface JourneyCounts {
  readonly entered: number;
  readonly conditionNotMet: number;
  readonly inProgress: number;
  readonly done: number;
  readonly exited: number;
  readonly steps: { stepId: string; entered: number; inside: number; outcomes: Record<string, number> }[];
}

/** The counts of a journey, over all its versions and without tests; one statement each, of one moment. */
export async function countsOf(database: Database, journeyId: string): Promise<JourneyCounts> {
  const totals = await sql<Omit<JourneyCounts, 'steps'>>`
    select count(*)::int as entered,
      (select count(*)::int from journey_refusals where journey_id = ${journeyId}) as "conditionNotMet",
      count(*) filter (where status = 'in-progress')::int as "inProgress",
      count(*) filter (where status = 'done')::int as done,
      count(*) filter (where status = 'exited')::int as exited
    from journey_runs where journey_id = ${journeyId} and not test`.execute(database);
  const steps = await sql<JourneyCounts['steps'][number]>`
    select step_id as "stepId", sum(amount)::int as entered,
      coalesce(sum(amount) filter (where outcome is null), 0)::int as inside,
      coalesce(jsonb_object_agg(outcome, amount) filter (where outcome is not null), '{}') as outcomes
    from (select step_id, outcome, count(*) as amount
      from journey_run_steps join journey_runs on journey_runs.id = run_id
      where journey_id = ${journeyId} and not test group by step_id, outcome) as counted
    group by step_id order by min(step_id)`.execute(database);
  const [total] = totals.rows;
  if (total === undefined) {
    throw new Error('a count gave no row');
  }
  return { ...total, steps: steps.rows };
}

export interface RunWithSteps extends RunRow {
  readonly steps: { stepId: string; enteredAt: string; leftAt: string | null; outcome: string | null }[];
}

/** Newest first, one more than asked for. */
export async function listRuns(
  database: Database,
  filter: {
    journeyId: string;
    status?: RunRow['status'] | undefined;
    contactId?: string | undefined;
    beforeId?: string | undefined;
    limit: number;
  },
): Promise<RunWithSteps[]> {
  const found = await sql<RunWithSteps>`
    select journey_runs.*, coalesce((
      select jsonb_agg(jsonb_build_object('stepId', step_id, 'outcome', outcome,
        'enteredAt', to_char(entered_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'leftAt', to_char(left_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by position)
      from journey_run_steps where run_id = journey_runs.id), '[]') as steps
    from journey_runs
    where journey_id = ${filter.journeyId}
      ${filter.status === undefined ? sql`` : sql`and status = ${filter.status}`}
      ${filter.contactId === undefined ? sql`` : sql`and contact_id = ${filter.contactId}`}
      ${filter.beforeId === undefined ? sql`` : sql`and id < ${filter.beforeId}`}
    order by id desc limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}
