import type { AlertTransition, UplinkRecord } from '@andon/shared/contracts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Evaluation } from '../../gateway/alerts/index.ts';
import { OwedEvaluations } from '../../gateway/pipeline/owed.ts';
import { numberedReading } from '../support/outbox.ts';

const none: Evaluation = { transitions: [], states: [], actions: [], shelvings: [], recordings: [] };
const nothing = { evaluation: none, lost: [] };

const raised = (alertId: string): AlertTransition => ({
  type: 'alert',
  alertId,
  number: 1,
  deviceId: 'press-1',
  rule: 'hot',
  ruleVersion: 1,
  signal: 'temperature',
  transition: 'raised',
  state: 'HI',
  severity: 'MAJOR',
  reason: 'above 100',
  value: 120,
  quality: 'GOOD',
  historical: false,
  sourceTime: 1,
  gatewayTime: 1,
});

/** An outbox that takes nothing, or everything, or says that it took nothing though it did. */
class Disk {
  is: 'full' | 'sound' | 'failing' = 'full';
  readonly kept: [string, UplinkRecord][] = [];
  readonly states = new Map<string, string | null>();
  readonly journal: unknown[] = [];
  readonly inFile = new Set<Promise<void>>();
  settled = 0;
  readonly owed = new OwedEvaluations({
    commit: (work) => {
      if (this.is === 'full') {
        return Promise.reject(new Error('full'));
      }
      work((lane, record) => this.kept.push([lane, record]));
      const committed = this.is === 'sound' ? Promise.resolve() : Promise.reject(new Error('not synced'));
      this.inFile.add(committed);
      return committed;
    },
    isInFile: (transaction) => this.inFile.has(transaction),
    write: ({ transitions, shelvings, recordings, states, actions }, append) => {
      for (const record of [...transitions, ...shelvings, ...recordings]) {
        append('alerts', record);
      }
      for (const { key, state } of states) {
        this.states.set(key, state);
      }
      this.journal.push(...actions.map(({ action }) => action));
    },
    act: () => undefined,
    onSettled: () => {
      this.settled += 1;
    },
  });
}

let disk: Disk;
beforeEach(() => {
  vi.useFakeTimers();
  disk = new Disk();
});
afterEach(() => {
  disk.owed.stop();
  vi.useRealTimers();
});

test('However many quiet messages come while the disk is full, an alert that was raised is kept', async () => {
  disk.owed.add({ evaluation: { ...none, transitions: [raised('first')] }, lost: [] });
  for (let message = 0; message < 25_000; message += 1) {
    disk.owed.add(nothing);
  }
  disk.is = 'sound';
  await vi.advanceTimersByTimeAsync(1000);
  expect(disk.kept).toEqual([['alerts', raised('first')]]);
  expect(disk.settled).toBe(1);
});

test('Of more than can be held the states and actions remain, and a gap among the alerts counts what is not told', async () => {
  const write = (value: boolean) => ({ type: 'write', deviceId: 'pump-1', point: 'stop', value }) as const;
  const add = (number: number) =>
    disk.owed.add({
      lost: [],
      evaluation: {
        ...none,
        transitions: [raised(`a${number}`)],
        states: [{ key: `press-1/r${number % 3}`, state: `${number}` }],
        actions: [
          { deviceId: 'press-1', alertId: 'a', transition: 'raised', action: write(number % 2 === 0) },
        ],
        shelvings: [
          {
            type: 'alert-shelving',
            deviceId: 'press-1',
            rule: 'hot',
            ruleVersion: 1,
            shelved: false,
            kind: 'timed',
            by: 'a person',
            reason: 'it is mended',
            at: number + 1,
            until: number + 2,
          },
        ],
      },
    });
  for (let number = 0; number < 25_000; number += 1) {
    add(number);
    if (number % 6000 === 0) {
      // Tries in between fail, and what came before and after is put together.
      await vi.advanceTimersByTimeAsync(1000);
    }
  }
  disk.is = 'sound';
  await vi.advanceTimersByTimeAsync(1000);
  const gaps = disk.kept.flatMap(([lane, record]) => (record.type === 'gap' ? [{ lane, ...record }] : []));
  const told = disk.kept.length - gaps.length;
  const untold = gaps.reduce((sum, { count }) => sum + count, 0);
  expect(told).toBeGreaterThan(18_000);
  expect(told + untold).toBe(50_000);
  expect(gaps.every(({ lane, reason }) => lane === 'alerts' && reason.startsWith('not-stored'))).toBe(true);
  expect(disk.kept.at(-2)).toEqual(['alerts', raised('a24999')]);
  expect([...disk.states.values()].sort()).toEqual(['24997', '24998', '24999']);
  expect(disk.journal.at(-1)).toEqual(write(false));
});

test('What a failing disk left in the file is not written a second time, and the owing ends when the disk is sound', async () => {
  disk.owed.add({ evaluation: { ...none, transitions: [raised('once')] }, lost: [numberedReading(7)] });
  disk.is = 'failing';
  await vi.advanceTimersByTimeAsync(1000);
  expect(disk.owed.isOwing).toBe(true);
  disk.is = 'sound';
  await vi.advanceTimersByTimeAsync(1000);
  expect(disk.owed.isOwing).toBe(false);
  expect(disk.kept.map(([lane, { type }]) => `${lane} ${type}`).sort()).toEqual([
    'alerts alert',
    'readings gap',
  ]);
});
