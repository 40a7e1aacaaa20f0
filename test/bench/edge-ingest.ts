/**
 * How fast and how promptly the gateway takes readings in, durably, against what else would be used for it:
 *
 *   NODE_RED_FOLDER=… node test/bench/edge-ingest.ts [rounds] [seconds of the calm load]
 *
 * Contenders, each alone on the first core (`taskset`), one after the other in every round; the load and the receiver of
 * the alerts are on the second:
 *
 * - `gateway`: its own program; acknowledged is what is on the disk (SQLite's log, synced), with the state of the rules;
 * - `sketch`: aedes, `authorizePublish`, `JSON.parse`, one rule, an HTTP request; it keeps nothing;
 * - `node-red`: Node-RED's mqtt in, json, function, http request, on a tuned mosquitto on the second core, whose time is
 *   not counted; it keeps nothing;
 * - `node-red-aedes`: the same with the broker inside Node-RED.
 *
 * 50 devices, JSON of 121 bytes with four signals, QoS 1, one publication in a hundred raises an alert, open loop.
 *
 * - Flood: far more is offered than anybody can take. Publications a second, from the first one until the last
 *   acknowledgement or alert has come; and processor time for each publication, which other work on the
 *   machine disturbs less.
 * - Calm: 500 publications a second. From the publication of an alert to the arrival of its HTTP request, and resident
 *   memory at the end.
 *
 * Ratios are of one round each; printed are the median and the range over the rounds.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, startGateway, startSketch } from './ingest/contenders.ts';
import { AlertSink, type RunResult, run, waitForFlow } from './ingest/load.ts';
import {
  aedesNodeAbsent,
  mosquittoAbsent,
  nodeRedAbsent,
  startOnAedesNode,
  startOnMosquitto,
} from './ingest/node-red.ts';

const calmRate = 500;
const warmUpSeconds = 3;
const floodSeconds = 3;

interface Entry {
  readonly name: string;
  /** Offered in the flood, publications a second. */
  readonly floodRate: number;
  readonly absent: string | undefined;
  readonly start: (sinkPort: number, folder: string) => Promise<Contender>;
}

interface Figures {
  readonly perSecond: number;
  readonly processorMicroseconds: number;
  readonly calm: RunResult;
  readonly residentMegabytes: number;
}

const sink = new AlertSink();
const wait = (port: number) => waitForFlow(port, sink);
const entries: readonly Entry[] = [
  { name: 'gateway', floodRate: 120_000, absent: undefined, start: startGateway },
  { name: 'sketch', floodRate: 120_000, absent: undefined, start: startSketch },
  {
    name: 'node-red',
    floodRate: 30_000,
    absent: nodeRedAbsent() ?? mosquittoAbsent(),
    start: (port, folder) => startOnMosquitto(port, folder, wait),
  },
  {
    name: 'node-red-aedes',
    floodRate: 20_000,
    absent: aedesNodeAbsent(),
    start: (port, folder) => startOnAedesNode(port, folder, wait),
  },
];

async function measure(entry: Entry, sinkPort: number, calmSeconds: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'andon-bench-'));
  try {
    const calmOne = await entry.start(sinkPort, join(folder, 'calm'));
    await run({ port: calmOne.port, rate: calmRate, seconds: warmUpSeconds }, sink);
    const calm = await run({ port: calmOne.port, rate: calmRate, seconds: calmSeconds }, sink);
    const residentMegabytes = calmOne.residentBytes() / 1e6;
    await calmOne.stop();
    const floodOne = await entry.start(sinkPort, join(folder, 'flood'));
    await run({ port: floodOne.port, rate: entry.floodRate / 10, seconds: warmUpSeconds }, sink);
    const before = floodOne.processorMilliseconds();
    const flood = await run({ port: floodOne.port, rate: entry.floodRate, seconds: floodSeconds }, sink);
    const processor = floodOne.processorMilliseconds() - before;
    await floodOne.stop();
    return {
      perSecond: (flood.published * 1000) / flood.milliseconds,
      processorMicroseconds: (processor * 1000) / flood.published,
      calm,
      residentMegabytes,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function medianAndRange(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const show = (value: number | undefined) => (value ?? NaN).toFixed(digits);
  return `${show(median)} (${show(sorted[0])} to ${show(sorted.at(-1))})`;
}

const say = (text: string) => process.stdout.write(`${text}\n`);

function sayResults(results: ReadonlyMap<string, readonly Figures[]>): void {
  for (const [name, figures] of results) {
    say(`\n${name}`);
    const show = (what: string, digits: number, of: (figures: Figures) => number) =>
      say(`  ${what.padEnd(44)} ${medianAndRange(figures.map(of), digits)}`);
    show('publications/s', 0, ({ perSecond }) => perSecond);
    show('processor µs a publication', 1, ({ processorMicroseconds }) => processorMicroseconds);
    show('alert to HTTP arrival, p50 ms', 2, ({ calm }) => calm.alert.p50);
    show('alert to HTTP arrival, p95 ms', 2, ({ calm }) => calm.alert.p95);
    show('alert to HTTP arrival, p99 ms', 2, ({ calm }) => calm.alert.p99);
    show('alerts that did not arrive', 0, ({ calm }) => calm.alertsExpected - calm.alertsArrived);
    show('resident MB', 0, ({ residentMegabytes }) => residentMegabytes);
  }
}

/** Of the gateway to each of the others, in each round. */
function sayRatios(results: ReadonlyMap<string, readonly Figures[]>): void {
  const gateway = results.get('gateway') ?? [];
  for (const [name, others] of results) {
    if (name !== 'gateway') {
      const ratios = (of: (own: Figures, other: Figures) => number) =>
        medianAndRange(
          others.flatMap((other, round) => (gateway[round] === undefined ? [] : [of(gateway[round], other)])),
          2,
        );
      say(`\ngateway : ${name}`);
      say(`  publications/s                     ${ratios((own, other) => own.perSecond / other.perSecond)}`);
      say(
        `  publications/s of processor time   ${ratios((own, other) => other.processorMicroseconds / own.processorMicroseconds)}`,
      );
      say(
        `  alert to HTTP arrival, p95         ${ratios((own, other) => own.calm.alert.p95 / other.calm.alert.p95)}`,
      );
      say(
        `  resident memory                    ${ratios((own, other) => own.residentMegabytes / other.residentMegabytes)}`,
      );
    }
  }
}

async function main(rounds: number, calmSeconds: number): Promise<void> {
  execFileSync('taskset', ['-acp', '1', String(process.pid)]);
  const sinkPort = await sink.listen();
  const results = new Map<string, Figures[]>();
  for (const { name, absent } of entries) {
    if (absent === undefined) results.set(name, []);
    else say(`${name} is left out: ${absent}`);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const entry of entries.filter(({ absent }) => absent === undefined)) {
      const figures = await measure(entry, sinkPort, calmSeconds);
      results.get(entry.name)?.push(figures);
      say(
        `round ${round} ${entry.name.padEnd(16)} ${figures.perSecond.toFixed(0)}/s, ` +
          `${figures.processorMicroseconds.toFixed(1)} µs, p95 ${figures.calm.alert.p95.toFixed(2)} ms, ` +
          `${figures.residentMegabytes.toFixed(0)} MB`,
      );
    }
  }
  sayResults(results);
  sayRatios(results);
  sink.close();
}

await main(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 20));
