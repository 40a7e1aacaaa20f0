import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AndonError } from '@andon/shared/kernel';
import { numberedReading, openOutbox } from '../support/outbox.ts';

/**
 * Opens the outbox of a folder and keeps so many readings in it, one after the other, each as often as it takes; says of
 * each try whether it was kept. Tries again where even the opening finds no room.
 */
const [folder = '', count = '0'] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);
const codeOf = (error: unknown) => (error instanceof AndonError ? error.code : String(error));
const triesMax = 200;

async function open(): Promise<ReturnType<typeof openOutbox>> {
  for (let tries = 0; ; tries += 1) {
    try {
      return openOutbox(folder);
    } catch (error) {
      say(`closed ${codeOf(error)}`);
      if (tries >= triesMax) throw error;
      await sleep(1);
    }
  }
}

const outbox = await open();
for (let value = 0; value < Number(count); value += 1) {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const outcome = await outbox
      .commit((append) => append('readings', numberedReading(value, 2000)))
      .then(() => 'kept', codeOf);
    say(`${outcome} ${value}`);
    if (outcome === 'kept') break;
  }
  if (value % 4 === 3) {
    try {
      outbox.read(() => outbox.database.exec('PRAGMA wal_checkpoint(PASSIVE)'));
    } catch (error) {
      say(`${codeOf(error)} checkpoint`);
    }
  }
}
outbox.close();
say('done');
