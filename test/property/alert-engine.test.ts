import type { AlertRule, AlertTransition, DeviceDefinition, Reading } from '@andon/shared/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AlertEngine, createAlertEngine } from '../../gateway/alerts/index.ts';
import { WakeQueue } from '../../gateway/alerts/wake-queue.ts';

const start = 1_700_000_000_000;

const rules: AlertRule[] = [
  {
    name: 'limits',
    version: 1,
    signal: 'temperature',
    chatter: { enabled: false },
    limits: {
      hihi: { setpoint: 14, severity: 'CRITICAL', offDelayMilliseconds: 2000 },
      hi: { setpoint: 10, deadband: 2, severity: 'MAJOR', onDelayMilliseconds: 3000 },
      lo: {
        setpoint: 3,
        deadband: 1,
        severity: 'MINOR',
        onDelayMilliseconds: 1000,
        offDelayMilliseconds: 1000,
      },
    },
  },
  {
    name: 'codes',
    version: 1,
    signal: 'temperature',
    errorCodes: { severity: 'MINOR', onDelayMilliseconds: 1000 },
    chatter: { enabled: false },
  },
];
const devices: DeviceDefinition[] = ['press', 'oven', 'pump'].map((id) => ({ id, rules }));

interface Message {
  readonly deviceId: string;
  readonly value: number;
  readonly quality: Reading['quality'];
  readonly step: number;
}

const messages = fc.array(
  fc.record({
    deviceId: fc.constantFrom('press', 'oven', 'pump'),
    value: fc.integer({ min: 0, max: 16 }),
    quality: fc.constantFrom('GOOD', 'GOOD', 'UNCERTAIN', 'BAD'),
    step: fc.constantFrom(0, 500, 1000, 4000),
  }),
  { minLength: 1, maxLength: 60 },
);

/** What befalls the gateway before each message, by turns. */
const mishaps = fc.array(fc.constantFrom('none', 'restart', 'configured again', 'tick'), {
  minLength: 1,
  maxLength: 20,
});

/** Plays the messages and gives the transitions that were committed. */
function ledger(story: readonly Message[], befalls: readonly string[]): AlertTransition[] {
  const stored = new Map<string, string>();
  const committed: AlertTransition[] = [];
  let ids = 0;
  const newId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`;
  const rows = () => [...stored].map(([key, state]) => ({ key, state }));
  const commit = ({ transitions, states }: ReturnType<AlertEngine['tick']>) => {
    committed.push(...transitions);
    for (const { key, state } of states) {
      if (state === null) stored.delete(key);
      else stored.set(key, state);
    }
  };
  let engine = createAlertEngine({ newId, states: [] });
  commit(engine.configure(devices, start));
  let now = start;
  for (const [index, { deviceId, value, quality, step }] of story.entries()) {
    const reading: Reading = {
      type: 'reading',
      deviceId,
      signal: 'temperature',
      value,
      quality,
      sourceTime: now + step,
      gatewayTime: now + step,
      clockState: 'SYNCHRONIZED',
      historical: false,
    };
    const mishap = befalls[index % befalls.length];
    if (mishap === 'tick') commit(engine.tick(now));
    if (mishap === 'configured again') commit(engine.configure(devices, now));
    if (mishap === 'restart') {
      engine = createAlertEngine({ newId, states: rows() });
      commit(engine.configure(devices, now));
    }
    now += step;
    commit(engine.evaluate([reading], now));
    // Memory is what is stored, at any moment.
    const fresh = createAlertEngine({ newId, states: rows() });
    expect(fresh.configure(devices, now)).toEqual({
      transitions: [],
      states: [],
      actions: [],
      shelvings: [],
      recordings: [],
    });
    expect(fresh.active()).toEqual(engine.active());
    expect(fresh.nextWake()).toBe(engine.nextWake());
  }
  return committed;
}

/**
 * The transitions of each rule of each device in their order. Ids of occurrences that were never committed are used
 * up, and two devices that are due at once may come in any order: neither counts.
 */
function byRule(transitions: readonly AlertTransition[]) {
  const lists = new Map<string, { occurrences: Set<string>; steps: object[] }>();
  for (const { alertId, ...transition } of transitions) {
    const key = `${transition.deviceId}/${transition.rule}`;
    const list = lists.get(key) ?? { occurrences: new Set(), steps: [] };
    list.occurrences.add(alertId);
    list.steps.push({ ...transition, occurrence: list.occurrences.size });
    lists.set(key, list);
  }
  return new Map([...lists].map(([key, { steps }]) => [key, steps]));
}

test('restarts and configurations at any point change nothing', () => {
  fc.assert(
    fc.property(messages, mishaps, (story, befalls) => {
      const undisturbed = befalls.map((mishap) => (mishap === 'tick' ? 'tick' : 'none'));
      expect(byRule(ledger(story, befalls))).toEqual(byRule(ledger(story, undisturbed)));
    }),
  );
});

test('the order in which messages are put together changes nothing', () => {
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 60 }), (story, size) => {
      const readings = story.map(
        ({ deviceId, value, quality, step }, index): Reading => ({
          type: 'reading',
          deviceId,
          signal: 'temperature',
          value,
          quality,
          sourceTime: start + index * 1000 + step,
          gatewayTime: start + index,
          clockState: 'SYNCHRONIZED',
          historical: false,
        }),
      );
      const inBatchesOf = (count: number) => {
        let ids = 0;
        const engine = createAlertEngine({ newId: () => String(++ids), states: [] });
        engine.configure(devices, start);
        const transitions: AlertTransition[] = [];
        for (let from = 0; from < readings.length; from += count) {
          transitions.push(...engine.evaluate(readings.slice(from, from + count), start).transitions);
        }
        return { transitions, active: engine.active(), wake: engine.nextWake() };
      };
      expect(inBatchesOf(size)).toEqual(inBatchesOf(1));
    }),
  );
});

test('the queue gives the sleepers in order of their time, however they are moved', () => {
  const moves = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 9 }), fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined })),
    { maxLength: 100 },
  );
  fc.assert(
    fc.property(moves, (some) => {
      const sleepers = Array.from({ length: 10 }, () => ({ wakeAt: Infinity, queueIndex: -1 }));
      const queue = new WakeQueue<(typeof sleepers)[number]>();
      const expected = new Map<number, number>();
      for (const [which, at] of some) {
        const sleeper = sleepers[which];
        if (sleeper === undefined) continue;
        queue.schedule(sleeper, at);
        if (at === undefined) expected.delete(which);
        else expected.set(which, at);
        expect(queue.peek()?.wakeAt).toBe(expected.size === 0 ? undefined : Math.min(...expected.values()));
      }
      const times: number[] = [];
      for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
        times.push(next.wakeAt);
        queue.schedule(next, undefined);
      }
      expect(times).toEqual([...expected.values()].sort((one, other) => one - other));
    }),
  );
});
