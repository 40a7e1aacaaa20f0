import type { DatabaseSync } from 'node:sqlite';
import type { Lane } from '@andon/shared/contracts';
import { outboxError } from './errors.ts';
import { LaneTable } from './lane-table.ts';
import type { OutboxOptions } from './outbox-contract.ts';
import { RecordRows } from './record-rows.ts';
import { openOrSetAside } from './recovery.ts';

export function openFile({ file, clock, newId }: OutboxOptions): ReturnType<typeof openOrSetAside> {
  try {
    return openOrSetAside(file, clock, newId);
  } catch (error) {
    throw outboxError(error);
  }
}

export function openLanes(database: DatabaseSync): Record<Lane, LaneTable> {
  const idOf = (column: 'after_id' | 'through_id', lane: Lane) =>
    Number(database.prepare(`SELECT ${column} AS id FROM lanes WHERE name = ?`).get(lane)?.id);
  const alertRows = new RecordRows(database, 'alerts_records', idOf('after_id', 'alerts'));
  const readingRows = new RecordRows(database, 'readings_records', idOf('after_id', 'readings'));
  return {
    alerts: new LaneTable(database, 'alerts', alertRows),
    readings: new LaneTable(database, 'readings', readingRows),
    history: new LaneTable(database, 'history', readingRows),
  };
}
