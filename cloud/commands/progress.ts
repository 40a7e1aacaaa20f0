import { appendEvents, type Transaction } from '../platform/index.ts';
import { type CommandWord, takeWord } from './state.ts';
import { type CommandRow, insertHistory, progressOf, updateProgress } from './store.ts';

export interface SaidOfCommand extends CommandWord {
  readonly commandId: string;
}

/**
 * Takes words about commands in, in their order: the states they lead to, the history, and an event for each
 * change. `rows` are the commands, locked; words about others are passed over.
 */
export async function takeWords(
  transaction: Transaction,
  rows: readonly CommandRow[],
  words: readonly SaidOfCommand[],
  by: { actor: string; now: Date; causedBy?: number },
): Promise<void> {
  const present = new Map(rows.map((row) => [row.id, { row, progress: progressOf(row), touched: false }]));
  const history = [];
  const events = [];
  for (const word of words) {
    const command = present.get(word.commandId);
    if (command === undefined) {
      continue;
    }
    const from = command.progress.state;
    const { after, tookEffect } = takeWord(command.progress, word);
    command.touched = command.touched || JSON.stringify(after) !== JSON.stringify(command.progress);
    command.progress = after;
    history.push({
      commandId: word.commandId,
      state: tookEffect ? after.state : word.state,
      at: word.at,
      reason: tookEffect ? after.reason : (word.reason ?? null),
      tookEffect,
    });
    if (tookEffect) {
      events.push({
        type: 'command.state-changed',
        key: word.commandId,
        payload: {
          commandId: word.commandId,
          deviceId: command.row.device_id,
          name: command.row.name,
          from,
          to: after.state,
          reason: after.reason,
          at: word.at,
          issuedBy: command.row.issued_by,
        },
        actor: by.actor,
        occurredAt: by.now,
        ...(by.causedBy === undefined ? {} : { causedBy: by.causedBy }),
      });
    }
  }
  const touched = [...present.values()].filter((command) => command.touched);
  await updateProgress(
    transaction,
    touched.map(({ row, progress }) => ({ id: row.id, progress })),
    by.now,
  );
  await insertHistory(transaction, history);
  await appendEvents(transaction, events);
}
