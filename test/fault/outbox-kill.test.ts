import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Outbox } from '../../gateway/outbox/index.ts';
import { openOutbox, temporaryFolder } from '../support/outbox.ts';
import { seededRandom } from '../support/seed.ts';

const writer = new URL('./outbox-writer.ts', import.meta.url).pathname;
const rounds = 25;

/** Lets the writer run for a while, kills it, and gives what it had said. */
async function runAndKill(folder: string, from: number, milliseconds: number) {
  const child = spawn(process.execPath, [writer, folder, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  setTimeout(() => child.kill('SIGKILL'), milliseconds);
  await closed;
  const complete = output.slice(0, output.lastIndexOf('\n')).split('\n');
  const numbers = (word: string) =>
    complete.filter((line) => line.startsWith(word)).map((line) => Number(line.split(' ')[1]));
  return { kept: numbers('kept'), delivered: numbers('delivered') };
}

/** All that the lane holds, oldest first. */
function allRecords(outbox: Outbox): { readonly value: number }[] {
  const records: { value: number }[] = [];
  let after = outbox.status('readings').front - 1;
  for (;;) {
    const batch = outbox.batch('readings', 1000, after);
    if (!batch) {
      return records;
    }
    records.push(...batch.records.map(({ body }) => ({ value: Number(JSON.parse(body).value) })));
    after += batch.records.length;
  }
}

test('Killed at any point, the outbox holds each record that it promised once, and its numbers have no hole', async () => {
  const random = seededRandom('outbox-kill');
  const folder = temporaryFolder();
  /** What stands at each number, the numbers counted over all rounds. */
  const ledger: number[] = [];
  let deliveredMax = 0;
  let next = 0;
  let promised = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { kept, delivered } = await runAndKill(folder.path, next, Math.floor(random() * 150));
    promised += kept.length;
    deliveredMax = Math.max(deliveredMax, ...delivered);
    const outbox = openOutbox(folder.path);
    expect(outbox.setAside).toBeUndefined();
    const { front, queued } = outbox.status('readings');
    // What was asked to be deleted may be so or not; nothing beyond it is.
    expect(front).toBeLessThanOrEqual(deliveredMax + 1);
    const records = allRecords(outbox);
    expect(records).toHaveLength(queued);
    for (const [index, { value }] of records.entries()) {
      const number = front + index;
      expect(ledger[number] ?? value).toBe(value);
      ledger[number] = value;
    }
    // Records are numbered in order, so what the front has passed over are the smaller values.
    const there = new Set(records.map(({ value }) => value));
    const smallest = Math.min(...there);
    for (const value of kept) {
      expect(there.has(value) || value < smallest).toBe(true);
    }
    next = Math.max(next, ...there, ...kept) + 1;
    outbox.close();
  }
  expect(promised).toBeGreaterThan(rounds);
  folder.remove();
});
