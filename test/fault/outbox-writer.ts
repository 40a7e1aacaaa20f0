import { writeSync } from 'node:fs';
import { numberedReading, openOutbox } from '../support/outbox.ts';

/**
 * Appends numbered readings to the outbox of a folder, from the number given on, for ever, deleting the oldest now
 * and then as the uplink does. Says each number on its standard output when its commit is promised to be durable,
 * and how far it has asked for deletion before it asks.
 */
const folder = process.argv[2] ?? '';
let next = Number(process.argv[3]);
const outbox = openOutbox(folder);
const say = (line: string) => writeSync(1, `${line}\n`);

for (;;) {
  const commits = Array.from({ length: 1 + (next % 7) }, () => {
    const value = next;
    next += 1;
    return outbox
      .commit((append) => append('readings', numberedReading(value)))
      .then(() => say(`kept ${value}`));
  });
  await Promise.all(commits);
  const batch = next % 5 === 0 ? outbox.batch('readings', 3) : undefined;
  if (batch) {
    const acked = batch.firstSeq + batch.records.length - 1;
    say(`delivered ${acked}`);
    await outbox.acknowledge('readings', acked);
  }
}
