import { AndonError } from '@andon/shared/kernel';
import { commandDefinitionOf, maySend, nameOfSender, type Sender } from '../commands/index.ts';
import { type CommandDefinition, checkCommandParameters, type Devices } from '../devices/index.ts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { Checked } from './checked.ts';
import { devicesPerJobMax, type Preview, type Selection } from './schemas.ts';

const sampleMax = 20;

/** What a selection means now: devices in service. */
function selected(selection: Selection) {
  const { categoryId, gatewayId, accountId, siteId, tags, deviceIds } = selection;
  return sql`
    from devices join assets on assets.id = devices.asset_id where devices.in_service
      ${categoryId === undefined ? sql`` : sql`and devices.category_id = ${categoryId}`}
      ${gatewayId === undefined ? sql`` : sql`and devices.gateway_id = ${gatewayId}`}
      ${
        accountId === undefined
          ? sql``
          : sql`and assets.account_id in (
              with recursive beneath (id) as (
                select ${accountId}::uuid
                union select accounts.id from accounts join beneath on accounts.parent_id = beneath.id)
              select id from beneath)`
      }
      ${siteId === undefined ? sql`` : sql`and assets.site_id = ${siteId}`}
      ${tags === undefined ? sql`` : sql`and devices.tags @> ${tags}::text[]`}
      ${deviceIds === undefined ? sql`` : sql`and devices.id = any(${deviceIds}::text[])`}`;
}

/** What a job's command is, and who sends it. */
export interface CommandOfJob {
  readonly command: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly sender: Sender;
  /** Everybody who wrote or submits it: none of them says alone that the command is harmless. */
  readonly writers: readonly string[];
}

interface OfCategory {
  category_id: string;
  name: string;
  devices: number;
  connected: number;
  /** Who wrote the command, where it is said to be harmless. */
  written_by: string[] | null;
}

/** The devices of a selection by their categories, with what each category says of the command. */
async function byCategory(
  database: Database,
  devices: Pick<Devices, 'findCategory'>,
  selection: Selection,
  order: CommandOfJob | undefined,
) {
  const found = await sql<OfCategory>`
    select found.category_id, device_categories.name, found.devices, found.connected,
      device_categories.written_by -> ${order?.command ?? ''}::text as written_by
    from (select devices.category_id, count(*) as devices, count(*) filter (where devices.connected) as connected
      ${selected(selection)} group by devices.category_id) as found
    join device_categories on device_categories.id = found.category_id
    order by found.devices desc, found.category_id`.execute(database);
  const answers: (OfCategory & ReturnType<typeof judge> & { destructive: boolean })[] = [];
  for (const row of found.rows) {
    const judged =
      order && judge((await devices.findCategory(database, row.category_id))?.commands ?? [], order);
    const destructive = order !== undefined && (isOwn(order, row.written_by) || judged?.destructive === true);
    answers.push({ ...row, ...judged, destructive });
  }
  return answers;
}

function judge(
  commands: Parameters<typeof commandDefinitionOf>[0],
  { command, parameters, sender }: CommandOfJob,
): { problem?: AndonError; checked?: Checked[string]; destructive: boolean } {
  let destructive = false;
  try {
    const definition = commandDefinitionOf(commands, command);
    // Also where the parameters are not right yet.
    destructive = definition.destructive;
    const checked = { definition, parameters: checkCommandParameters(definition, parameters) };
    return maySend(definition, sender)
      ? { checked, destructive }
      : { checked, destructive, problem: notForThisRole(command, sender) };
  } catch (error) {
    if (error instanceof AndonError) {
      return { problem: error, destructive };
    }
    throw error;
  }
}

function notForThisRole(command: string, sender: Sender): AndonError {
  return new AndonError({
    code: 'jobs.command-not-for-this-role',
    message: `The command ${command} is not sent by ${nameOfSender(sender)}.`,
    nextStep: 'Ask somebody who may send it to make the job.',
    status: 403,
  });
}

export interface Destruction {
  readonly selection: Selection;
  readonly order: CommandOfJob;
}

interface Candidate {
  place: number;
  commands: CommandDefinition[];
  written_by: string[] | null;
}

/**
 * Whether each of some commands would destroy something at any device of its selection, as things are now: one
 * statement for however many there are.
 */
export async function wouldDestroy(
  database: Database,
  asked: readonly Destruction[],
): Promise<readonly boolean[]> {
  const answers = asked.map(() => false);
  if (asked.length === 0) {
    return answers;
  }
  const each = asked.map(
    ({ selection, order }, place) => sql`
      select ${place}::integer as place, category.commands, category.written_by -> ${order.command}::text as written_by
      from device_categories as category
      where exists (select ${selected(selection)} and devices.category_id = category.id)`,
  );
  const found = await sql<Candidate>`${sql.join(each, sql` union all `)}`.execute(database);
  for (const { place, commands, written_by: writtenBy } of found.rows) {
    const order = asked[place]?.order;
    if (order !== undefined && (isOwn(order, writtenBy) || judge(commands, order).destructive)) {
      answers[place] = true;
    }
  }
  return answers;
}

/** Did those who make the job say themselves that the command is harmless? */
function isOwn({ writers }: CommandOfJob, writtenBy: readonly string[] | null): boolean {
  return writers.some((writer) => writtenBy?.includes(writer));
}

/** What a job would do now; nothing is kept. */
export async function preview(
  database: Database,
  devices: Pick<Devices, 'findCategory'>,
  selection: Selection,
  order: CommandOfJob | undefined,
): Promise<Preview> {
  const categories = await byCategory(database, devices, selection, order);
  const sample = await sql<{ id: string; name: string }>`
    select devices.id, devices.name ${selected(selection)} order by devices.id limit ${sampleMax}`.execute(
    database,
  );
  return {
    devices: categories.reduce((sum, row) => sum + row.devices, 0),
    connected: categories.reduce((sum, row) => sum + row.connected, 0),
    categories: categories.map((row) => ({
      id: row.category_id,
      name: row.name,
      devices: row.devices,
      problem: row.problem?.message ?? null,
    })),
    destructive: categories.some((row) => row.destructive),
    sample: sample.rows,
    leftOut: await leftOutOf(database, selection),
  };
}

const leftOutShownMax = 20;

/** Of the devices that a selection lists, those that it does not go to, and why. */
async function leftOutOf(database: Database, selection: Selection): Promise<Preview['leftOut']> {
  const { deviceIds } = selection;
  if (deviceIds === undefined) {
    return { count: 0, devices: [] };
  }
  const found = await sql<{ id: string; reason: Preview['leftOut']['devices'][number]['reason'] }>`
    select listed.id, case when devices.id is null then 'unknown' when not devices.in_service then 'not-in-service'
      else 'does-not-fit' end as reason
    from (select distinct unnest(${deviceIds}::text[]) as id) as listed left join devices on devices.id = listed.id
    where not exists (select from (select devices.id ${selected(selection)}) as fitting where fitting.id = listed.id)
    order by devices.id is not null, listed.id`.execute(database);
  return { count: found.rows.length, devices: found.rows.slice(0, leftOutShownMax) };
}

/** @throws AndonError `jobs.no-such-device` (422) where a listed one is none, naming it. */
export async function refuseUnknownDevices(database: Database, { deviceIds }: Selection): Promise<void> {
  const found = await sql<{ id: string; place: number; unknown: number }>`
    select listed.id, listed.place, count(*) over () as unknown
    from unnest(${deviceIds ?? []}::text[]) with ordinality as listed (id, place)
    where not exists (select from devices where devices.id = listed.id)
    order by listed.place limit ${leftOutShownMax}`.execute(database);
  const [first] = found.rows;
  if (first !== undefined) {
    const names = found.rows.map(({ id }) => id).join(', ');
    const more = first.unknown - found.rows.length;
    throw new AndonError({
      code: 'jobs.no-such-device',
      message: `No devices of this list: ${names}${more > 0 ? ` and ${more} more` : ''}.`,
      nextStep: 'Look for their ids in GET /v1/devices, or take them off the list.',
      field: `selection.deviceIds.${first.place - 1}`,
      status: 422,
    });
  }
}

/**
 * Fixes which devices a job goes to, and says whether its command is destructive for any of them.
 * @throws AndonError where no device or too many fit, or one of their categories does not take the command.
 */
export async function fixTargets(
  transaction: Transaction,
  devices: Pick<Devices, 'findCategory'>,
  job: { id: string; selection: Selection; order: CommandOfJob; now: Date },
): Promise<{ devices: number; destructive: boolean; checked: Checked }> {
  const categories = await byCategory(transaction, devices, job.selection, job.order);
  for (const { problem, name } of categories) {
    if (problem !== undefined) {
      throw new AndonError({
        code: problem.status === 403 ? 'jobs.sender-may-not-send' : 'jobs.command-does-not-fit',
        message: `${name}: ${problem.message}`,
        nextStep: problem.nextStep,
        ...(problem.field === undefined
          ? {}
          : { field: problem.field === 'name' ? 'command' : problem.field }),
        status: problem.status,
      });
    }
  }
  const count = categories.reduce((sum, row) => sum + row.devices, 0);
  if (count === 0 || count > devicesPerJobMax) {
    throw new AndonError({
      code: count === 0 ? 'jobs.no-devices' : 'jobs.too-many-devices',
      message:
        count === 0
          ? 'No device in service fits the selection.'
          : `The selection has ${count} devices, and a job has at most ${devicesPerJobMax}.`,
      nextStep: count === 0 ? 'Widen the selection.' : 'Make several jobs, for example one for each account.',
      field: 'selection',
      status: 422,
    });
  }
  await sql`delete from job_targets where job_id = ${job.id}`.execute(transaction);
  await sql`
    insert into job_targets (job_id, device_id, position, state, look_at)
    select ${job.id}::uuid, found.id, row_number() over (order by found.id), 'waiting', ${job.now}
    from (select devices.id ${selected(job.selection)}) as found`.execute(transaction);
  return {
    devices: count,
    destructive: categories.some((row) => row.destructive),
    checked: Object.fromEntries(
      categories.flatMap(({ category_id: id, checked }) => (checked === undefined ? [] : [[id, checked]])),
    ),
  };
}
