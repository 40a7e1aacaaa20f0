import { AndonError } from '@andon/shared/kernel';
import { commandDefinitionOf, maySend, nameOfSender, type Sender } from '../commands/index.ts';
import { checkCommandParameters, type Devices } from '../devices/index.ts';
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
}

interface OfCategory {
  category_id: string;
  name: string;
  devices: number;
  connected: number;
}

/** The devices of a selection by their categories, with what each category says of the command. */
async function byCategory(
  database: Database,
  devices: Pick<Devices, 'findCategory'>,
  selection: Selection,
  order: CommandOfJob | undefined,
) {
  const found = await sql<OfCategory>`
    select found.category_id, device_categories.name, found.devices, found.connected
    from (select devices.category_id, count(*) as devices, count(*) filter (where devices.connected) as connected
      ${selected(selection)} group by devices.category_id) as found
    join device_categories on device_categories.id = found.category_id
    order by found.devices desc, found.category_id`.execute(database);
  const answers: (OfCategory & ReturnType<typeof judge> & { destructive: boolean })[] = [];
  for (const row of found.rows) {
    const judged =
      order && judge((await devices.findCategory(database, row.category_id))?.commands ?? [], order);
    answers.push({ ...row, ...judged, destructive: judged?.checked?.definition.destructive ?? false });
  }
  return answers;
}

function judge(
  commands: Parameters<typeof commandDefinitionOf>[0],
  { command, parameters, sender }: CommandOfJob,
): { problem?: AndonError; checked?: Checked[string] } {
  try {
    const definition = commandDefinitionOf(commands, command);
    const checked = { definition, parameters: checkCommandParameters(definition, parameters) };
    return maySend(definition, sender) ? { checked } : { checked, problem: notForThisRole(command, sender) };
  } catch (error) {
    if (error instanceof AndonError) {
      return { problem: error };
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
  };
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
