/**
 * How fast the alert engine judges readings, and what it costs in memory: 10,000 signals with four limits each, on one
 * core: seconds are those of the processor, so that other work on the machine does not count. Every reading is compared with four limits; an evaluation is one reading against one rule of four limits, so
 * the limits judged a second are four times as many.
 *
 *   node --expose-gc test/bench/alert-rules.ts [--seconds 2] [--signals 10000]
 */
import { parseArgs } from 'node:util';
import type { AlertRule, DeviceDefinition, Reading } from '@andon/shared/contracts';
import { type AlertEngine, createAlertEngine, FlightRecorder } from '../../gateway/alerts/index.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, signals: { type: 'string', default: '10000' } },
});
const seconds = Number(values.seconds);
const signals = Number(values.signals);
const signalsOfDevice = 100;
const start = 1_772_438_400_000;
const chatter = { enabled: false };

const limits: NonNullable<AlertRule['limits']> = {
  hihi: { setpoint: 105, deadband: 2, severity: 'CRITICAL', errorCode: 42 },
  hi: { setpoint: 100, deadband: 2, severity: 'MAJOR', errorCode: 41 },
  lo: { setpoint: 20, deadband: 2, severity: 'MINOR' },
  lolo: { setpoint: 10, deadband: 2, severity: 'CRITICAL' },
};

type RuleParts = (signal: string, index: number) => Partial<AlertRule>;

function devicesWith(parts: RuleParts): DeviceDefinition[] {
  return Array.from({ length: Math.ceil(signals / signalsOfDevice) }, (_, device) => ({
    id: `device-${device}`,
    rules: Array.from({ length: signalsOfDevice }, (_, index): AlertRule => {
      const signal = `signal-${index}`;
      return { name: `rule-${index}`, version: 1, signal, chatter, ...parts(signal, index) };
    }),
  }));
}

/** One reading of each signal, as a gateway gets them: one message of a device with all its signals. */
function roundsOf(valueAt: (number: number) => number): Reading[][] {
  return Array.from({ length: Math.ceil(signals / signalsOfDevice) }, (_, device) =>
    Array.from({ length: signalsOfDevice }, (_, index): Reading => {
      return {
        type: 'reading',
        deviceId: `device-${device}`,
        signal: `signal-${index}`,
        value: valueAt(device * signalsOfDevice + index),
        unit: 'Cel',
        quality: 'GOOD',
        sourceTime: start,
        gatewayTime: start,
        clockState: 'SYNCHRONIZED',
        historical: false,
      };
    }),
  );
}

let ids = 0;
const newId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`;

function engineOf(parts: RuleParts, recorder?: FlightRecorder): AlertEngine {
  const engine = createAlertEngine({ newId, states: [], recorder });
  engine.configure(devicesWith(parts), start);
  return engine;
}

interface Outcome {
  readonly name: string;
  readonly evaluations: number;
  readonly transitions: number;
  readonly bytesOfSignal: number;
}

function heapBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Plays the rounds in turn, with the time going on by a second each, for so many seconds. */
function measure(
  name: string,
  parts: RuleParts,
  rounds: readonly Reading[][][],
  recorder?: FlightRecorder,
): Outcome {
  const before = heapBytes();
  const engine = engineOf(parts, recorder);
  let [evaluations, transitions, now, turn] = [0, 0, start, 0];
  const play = () => {
    now += 1000;
    const round = rounds[turn % rounds.length] ?? [];
    turn += 1;
    for (const readings of round) {
      for (const reading of readings) {
        reading.sourceTime = now;
        reading.gatewayTime = now;
      }
      transitions += engine.evaluate(readings, now).transitions.length;
      evaluations += readings.length;
    }
    transitions += engine.tick(now).transitions.length;
  };
  for (let warm = 0; warm < 30; warm += 1) play();
  [evaluations, transitions] = [0, 0];
  const began = process.cpuUsage();
  const usedSeconds = () => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1_000_000;
  };
  while (usedSeconds() < seconds) play();
  const perSecond = evaluations / usedSeconds();
  const bytesOfSignal = (heapBytes() - before) / signals;
  return { name, evaluations: perSecond, transitions, bytesOfSignal };
}

const calm = [roundsOf(() => 50), roundsOf((number) => 40 + (number % 20))];
/** In every round another hundredth of the signals is beyond its limit. */
const restless = Array.from({ length: 10 }, (_, turn) =>
  roundsOf((number) => (number % 100 === turn * 7 ? 101 : 50)),
);

const outcomes = [
  measure('four limits, all calm', () => ({ limits }), calm),
  measure('four limits, 1 % beyond a limit and back in each round', () => ({ limits }), restless),
  measure(
    'four limits with a delay of 10 s, 1 % waiting',
    () => ({
      limits: {
        ...limits,
        hi: { ...limits.hi, onDelayMilliseconds: 10_000, setpoint: 100, severity: 'MAJOR' },
      },
    }),
    restless,
  ),
  measure('four limits, with the flight recorder', () => ({ limits }), calm, new FlightRecorder()),
  measure(
    'an expression over two signals',
    (signal) => ({
      expression: { formula: `[${signal}] > 100 and [signal-0] > 10`, severity: 'MAJOR' },
    }),
    calm,
  ),
  measure(
    'mean of a window of 60 s against four limits',
    () => ({ limits, window: { aggregate: 'mean', milliseconds: 60_000 } }),
    calm,
  ),
];
for (const { name, evaluations, transitions, bytesOfSignal } of outcomes) {
  console.info(
    `${name}: ${Math.round(evaluations).toLocaleString('en')} evaluations/s, ` +
      `${transitions.toLocaleString('en')} transitions, ${Math.round(bytesOfSignal)} bytes a signal` +
      `${globalThis.gc === undefined ? ' (memory is measured with --expose-gc)' : ''}`,
  );
}
