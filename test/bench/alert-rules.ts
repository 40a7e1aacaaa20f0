/**
 * How fast alert rules are judged, and what a watched signal takes of memory:
 *
 *   node --expose-gc test/bench/alert-rules.ts [rounds]
 *
 * 10,000 signals (1,000 devices with ten each), each with one rule of four limits (HIHI, HI, LO, LOLO, with deadbands and
 * on-delays). An evaluation is one rule judged by one reading, which is four limits. Printed are evaluations a second on
 * one core (median and range over rounds), all calm and with one reading in 101 over its limit, and the bytes of heap for
 * each signal once all of them have been heard of.
 */
import type { AlertRule, DeviceDefinition, Reading } from '@andon/shared/contracts';
import { systemClock, uuidv7Source } from '@andon/shared/kernel';
import { createAlertEngine } from '../../gateway/alerts/index.ts';

const devicesMax = 1000;
const signalsPerDevice = 10;
const evaluationsPerRound = 2_000_000;
const startedAt = 1_700_000_000_000;

const ruleOf = (signal: string): AlertRule => ({
  name: signal,
  version: 1,
  signal,
  limits: {
    hihi: { setpoint: 105, deadband: 2, severity: 'CRITICAL', onDelayMilliseconds: 0 },
    hi: { setpoint: 95, deadband: 2, severity: 'MAJOR', onDelayMilliseconds: 0 },
    lo: { setpoint: 10, deadband: 2, severity: 'MINOR', onDelayMilliseconds: 5000 },
    lolo: { setpoint: 5, deadband: 2, severity: 'MAJOR', onDelayMilliseconds: 5000 },
  },
});

const signals = Array.from({ length: signalsPerDevice }, (_, index) => `signal-${index}`);
const devices: readonly DeviceDefinition[] = Array.from({ length: devicesMax }, (_, index) => ({
  id: `press-${index}`,
  rules: signals.map(ruleOf),
}));

function readingsOf(value: number): Reading[] {
  return devices.flatMap(({ id }) =>
    signals.map((signal) => ({
      type: 'reading' as const,
      deviceId: id,
      signal,
      value,
      quality: 'GOOD' as const,
      sourceTime: startedAt,
      gatewayTime: startedAt,
      clockState: 'SYNCHRONIZED' as const,
      historical: false,
    })),
  );
}

const calm = readingsOf(72);
const hot = readingsOf(100);
let passed = 0;
const heapUsed = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

function newEngine() {
  const engine = createAlertEngine({ newId: uuidv7Source(), states: [] });
  engine.configure(devices, startedAt);
  return engine;
}

function evaluationsPerSecond(engine: ReturnType<typeof newEngine>, hotEvery: number): number {
  const start = systemClock.monotonic();
  for (let index = 0; index < evaluationsPerRound; index += 1) {
    const reading = (index % hotEvery === hotEvery - 1 ? hot : calm)[index % calm.length];
    if (reading !== undefined) {
      // Time must pass for the device too: what is raised often within a minute would be shelved as chatter.
      passed += 1;
      reading.sourceTime = startedAt + passed;
      reading.gatewayTime = reading.sourceTime;
      engine.evaluate([reading], reading.sourceTime);
    }
  }
  return (evaluationsPerRound * 1000) / (systemClock.monotonic() - start);
}

function show(name: string, values: readonly number[]): void {
  const sorted = values.toSorted((one, other) => one - other).map((value) => Math.round(value));
  const median = sorted[Math.floor(sorted.length / 2)];
  process.stdout.write(`${name.padEnd(44)} ${median} (${sorted[0]} to ${sorted.at(-1)})\n`);
}

function main(rounds: number): void {
  const before = heapUsed();
  const engine = newEngine();
  for (const reading of calm) engine.evaluate([reading], startedAt);
  show('bytes of heap for each signal', [(heapUsed() - before) / calm.length]);
  for (const [name, hotEvery] of [
    ['evaluations/s, all calm', Number.MAX_SAFE_INTEGER],
    ['evaluations/s, 1 in 101 over its limit', 101],
  ] as const) {
    evaluationsPerSecond(engine, hotEvery);
    show(
      name,
      Array.from({ length: rounds }, () => evaluationsPerSecond(engine, hotEvery)),
    );
  }
}

main(Number(process.argv[2] ?? 5));
