import { isDeepStrictEqual } from 'node:util';
import type { ParameterValues } from '@andon/shared/contracts';
import { commandDefinitionOf } from '../commands/index.ts';
import type { CommandDefinition, Devices } from '../devices/index.ts';
import { sql, type Transaction } from '../platform/index.ts';

/**
 * What was looked at when a job was submitted, by category: what the command was, and its parameters with the defaults
 * of that time. This and nothing else is what a second person approves, and what is sent.
 */
export type Checked = Readonly<
  Record<string, { readonly definition: CommandDefinition; readonly parameters: ParameterValues }>
>;

/**
 * The first of some categories whose command is another by now; undefined where none is. They stay as they are until
 * the transaction ends.
 */
export async function changedCategory(
  transaction: Transaction,
  devices: Pick<Devices, 'findCategory'>,
  job: { readonly command: string; readonly checked: Checked | null },
  categoryIds: readonly string[],
): Promise<string | undefined> {
  const ids = [...new Set(categoryIds)].sort();
  await sql`select 1 from device_categories where id = any(${ids}::text[]) order by id for share`.execute(
    transaction,
  );
  for (const id of ids) {
    const commands = (await devices.findCategory(transaction, id))?.commands ?? [];
    const isKnown = job.command === 'reboot' || commands.some(({ name }) => name === job.command);
    const now = isKnown ? commandDefinitionOf(commands, job.command) : undefined;
    if (!isDeepStrictEqual(now, job.checked?.[id]?.definition)) {
      return id;
    }
  }
  return undefined;
}
