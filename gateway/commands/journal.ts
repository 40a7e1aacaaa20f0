import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Command, type CommandUpdate, validatorOf } from '@andon/shared/contracts';
import type { Append } from '../outbox/index.ts';
import type { FinalState, JournaledCommand, JournalState } from './decide.ts';

/** Ended commands are remembered this long after they were received, so that a late repetition is known. */
const rememberedMilliseconds = 30 * 24 * 3_600_000;
const forgottenAtOnceMax = 100;

const checkCommand = validatorOf(Command);
const openStates: readonly string[] = ['RECEIVED', 'ATTEMPTING', 'EXECUTING'] satisfies JournalState[];

type SqlRow = Record<string, unknown>;

/** The table of commands. Everything that writes runs inside a transaction of the outbox. */
export class CommandJournal {
  readonly #insert: StatementSync;
  readonly #selectOldestOpen: StatementSync;
  readonly #selectOpenDevices: StatementSync;
  readonly #selectById: StatementSync;
  readonly #countOpen: StatementSync;
  readonly #countReboots: StatementSync;
  readonly #countStates: StatementSync;
  readonly #update: StatementSync;
  readonly #forget: StatementSync;

  constructor(database: DatabaseSync) {
    const columns = 'state, executing_at, boot_id_before, command';
    this.#insert = database.prepare(
      'INSERT INTO commands (id, device_id, name, state, final, received_at, command) ' +
        "VALUES (?, ?, ?, 'RECEIVED', 0, ?, ?) ON CONFLICT (id) DO NOTHING",
    );
    this.#selectOldestOpen = database.prepare(
      `SELECT ${columns} FROM commands WHERE device_id = ? AND final = 0 ORDER BY rowid LIMIT 1`,
    );
    this.#selectOpenDevices = database.prepare('SELECT DISTINCT device_id FROM commands WHERE final = 0');
    this.#selectById = database.prepare(`SELECT ${columns} FROM commands WHERE id = ?`);
    this.#countOpen = database.prepare(
      'SELECT count(*) AS open FROM commands WHERE device_id = ? AND final = 0',
    );
    this.#countReboots = database.prepare(
      "SELECT count(*) AS reboots FROM commands WHERE device_id = ? AND name = 'reboot' AND executing_at > ? " +
        'AND id <> ?',
    );
    this.#countStates = database.prepare('SELECT state, count(*) AS commands FROM commands GROUP BY state');
    this.#update = database.prepare(
      'UPDATE commands SET state = ?, final = ?, executing_at = ?, boot_id_before = ? WHERE id = ?',
    );
    this.#forget = database.prepare(
      'DELETE FROM commands WHERE id IN (SELECT id FROM commands WHERE final = 1 AND received_at < ? LIMIT ?)',
    );
  }

  /** Gives false where the command was journaled before. */
  insert(command: Command, now: number): boolean {
    const { changes } = this.#insert.run(
      command.id,
      command.deviceId,
      command.name,
      now,
      JSON.stringify(command),
    );
    this.#forget.run(now - rememberedMilliseconds, forgottenAtOnceMax);
    return Number(changes) === 1;
  }

  oldestOpen(deviceId: string): JournaledCommand | undefined {
    return fromRow(this.#selectOldestOpen.get(deviceId));
  }

  devicesWithOpen(): string[] {
    return this.#selectOpenDevices.all().map((row) => String(row.device_id));
  }

  byId(commandId: string): JournaledCommand | undefined {
    return fromRow(this.#selectById.get(commandId));
  }

  openCount(deviceId: string): number {
    return Number(this.#countOpen.get(deviceId)?.open);
  }

  /** Reboots of the device that were begun after this time, except the given command. */
  rebootsSince(deviceId: string, since: number, exceptCommandId: string): number {
    return Number(this.#countReboots.get(deviceId, since, exceptCommandId)?.reboots);
  }

  counts(): { state: string; commands: number }[] {
    return this.#countStates
      .all()
      .map((row) => ({ state: String(row.state), commands: Number(row.commands) }));
  }

  update(journaled: JournaledCommand): void {
    this.#update.run(
      journaled.state,
      openStates.includes(journaled.state) ? 0 : 1,
      journaled.executingAt ?? null,
      journaled.bootIdBefore ?? null,
      journaled.command.id,
    );
  }
}

export const isOpen = (journaled: JournaledCommand): boolean => openStates.includes(journaled.state);

function fromRow(row: SqlRow | undefined): JournaledCommand | undefined {
  if (row === undefined) {
    return undefined;
  }
  const command: unknown = JSON.parse(String(row.command));
  const state = String(row.state);
  if (!checkCommand.Check(command) || !isJournalState(state)) {
    throw new Error(
      `the command journal holds a row that this program does not know: ${String(row.command)}`,
    );
  }
  return {
    command,
    state,
    executingAt: row.executing_at === null ? undefined : Number(row.executing_at),
    bootIdBefore: row.boot_id_before === null ? undefined : String(row.boot_id_before),
  };
}

const journalStates: readonly string[] = [
  'RECEIVED',
  'ATTEMPTING',
  'EXECUTING',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'EXPIRED',
  'REJECTED',
  'CANCELLED',
] satisfies JournalState[];
const isJournalState = (text: string): text is JournalState => journalStates.includes(text);

/** Tells the cloud of a step, inside the transaction that journals it. */
export function tell(
  append: Append,
  command: Command,
  state: CommandUpdate['state'] | FinalState,
  at: number,
  more: Omit<Partial<CommandUpdate>, 'type' | 'commandId' | 'deviceId' | 'state' | 'at'> = {},
): void {
  append('alerts', {
    type: 'command',
    commandId: command.id,
    deviceId: command.deviceId,
    state,
    at,
    ...more,
  });
}
