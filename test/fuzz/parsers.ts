/**
 * Feeds mutated input to every parser of the gateway: `npm run fuzz -- --bytes 10000000 --seed 7 --only modbus`.
 *
 * The parsers of Modbus, of MQTT, of Sparkplug, of payloads and of mappings get so many bytes each, all serial framings
 * share as many, and the others get a part of them (the `share` of the target). Exits with 1 where a parser throws,
 * breaks an invariant or keeps memory; the input is then printed, and the seed gives the same run again.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '@andon/shared/kernel';
import { randomFrom } from '../support/seed.ts';
import { cloudTargets } from './cloud.ts';
import { configurationTargets } from './configuration.ts';
import { modbusTargets } from './modbus.ts';
import { mqttTargets } from './mqtt.ts';
import { mutated } from './mutation.ts';
import { serialLineTargets } from './serial-line.ts';
import { sparkplugTargets } from './sparkplug.ts';
import type { FuzzTarget } from './target.ts';

const bytesDefault = 10_000_000;
/** What a parser may have grown by when it has read its share; a leak of one byte in ten shows. */
const keptBytesMax = 8 * 1024 * 1024;

const { values: options } = parseArgs({
  options: { bytes: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const bytesEach = Number(options.bytes ?? bytesDefault);
const seed = Number(options.seed ?? systemClock.now() % 2 ** 31);
const targets = [
  ...serialLineTargets,
  ...modbusTargets,
  ...mqttTargets,
  ...sparkplugTargets,
  ...configurationTargets,
  ...cloudTargets,
].filter(({ name }) => name.toLowerCase().includes((options.only ?? '').toLowerCase()));

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

async function memoryKept(): Promise<number> {
  // What finalisers hold is given back only after a turn of the event loop.
  for (let turn = 0; turn < 3 && typeof collect === 'function'; turn += 1) {
    collect();
    await turnOfTheLoop();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function fuzz(target: FuzzTarget): Promise<number> {
  const random = randomFrom(seed);
  const bytes = Math.ceil(bytesEach * target.share);
  // What is compiled and remembered once is no leak.
  const warmUp = bytes / 10;
  let kept: number | undefined;
  let slowest = 0;
  let fed = 0;
  const began = performance.now();
  while (fed < bytes) {
    if (kept === undefined && fed >= warmUp) {
      kept = await memoryKept();
    }
    const input = mutated(target.samples, random);
    const start = performance.now();
    try {
      await target.feed(input, random);
    } catch (error) {
      console.error(`${target.name}: failed with --seed ${seed} after ${fed} bytes, on`);
      console.error(Buffer.from(input).toString('hex'));
      throw error;
    }
    slowest = Math.max(slowest, performance.now() - start);
    fed += input.length;
  }
  const grown = (await memoryKept()) - (kept ?? 0);
  const seconds = (performance.now() - began) / 1000;
  console.info(
    `${target.name.padEnd(52)} ${String(fed).padStart(9)} bytes  ${seconds.toFixed(1).padStart(5)} s` +
      `  slowest input ${slowest.toFixed(1)} ms  kept ${Math.round(grown / 1024)} KiB`,
  );
  if (grown > keptBytesMax) {
    throw new Error(`${target.name} keeps ${grown} bytes`);
  }
  return fed;
}

console.info(`seed ${seed}: repeat with --seed ${seed}`);
let all = 0;
for (const target of targets) {
  all += await fuzz(target);
}
console.info(`${all} mutated bytes, no exception, memory bounded (seed ${seed})`);
