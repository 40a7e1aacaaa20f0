import {
  adoptState,
  type CompiledRule,
  compileRule,
  evaluateReading,
  evaluateTick,
  idleState,
  parseState,
  type RuleState,
  type Step,
  serializeState,
  wakeAt,
} from '@andon/shared/alert-rules';
import { type AlertRule, AlertTransition, type Limit, type Reading } from '@andon/shared/contracts';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { expect, test } from 'vitest';

fc.configureGlobal({ numRuns: 500 });

const gatewayStart = 1_700_000_000_000;
const deviceStart = 1_386_018_900_000;

/** What may happen: a reading, or time passing without one. Times are steps since the event before. */
type Happening =
  | {
      kind: 'reading';
      value: Reading['value'];
      quality: Reading['quality'];
      deviceStep: number;
      gatewayStep: number;
    }
  | { kind: 'tick'; gatewayStep: number };

const delay = fc.constantFrom(0, 0, 1000, 5000, 20_000);

const limitAt = (setpoint: fc.Arbitrary<number>): fc.Arbitrary<Limit> =>
  fc.record({
    setpoint,
    deadband: fc.constantFrom(0, 1, 3),
    onDelayMilliseconds: delay,
    offDelayMilliseconds: delay,
    severity: fc.constant('MAJOR' as const),
  });

const limits = fc
  .record(
    {
      hihi: limitAt(fc.constantFrom(14, 15)),
      hi: limitAt(fc.constantFrom(10, 12)),
      lo: limitAt(fc.constantFrom(3, 5)),
      lolo: limitAt(fc.constantFrom(0, 1)),
    },
    { requiredKeys: [] },
  )
  .filter((some) => Object.keys(some).length > 0);

const rules: fc.Arbitrary<AlertRule> = fc
  .record(
    {
      limits,
      errorCodes: fc.record({
        severity: fc.constant('MINOR' as const),
        onDelayMilliseconds: delay,
        offDelayMilliseconds: delay,
      }),
      stale: fc.record({
        afterMilliseconds: fc.constantFrom(2000, 15_000),
        severity: fc.constant('WARNING' as const),
        alsoIfNeverHeard: fc.boolean(),
      }),
    },
    { requiredKeys: [] },
  )
  .filter((parts) => Object.keys(parts).length > 0)
  .map((parts) => ({
    name: 'rule',
    version: 1,
    signal: 'temperature',
    chatter: { enabled: false },
    ...parts,
  }));

const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('reading' as const),
        value: fc.oneof(
          { weight: 20, arbitrary: fc.integer({ min: -2, max: 18 }) },
          { weight: 1, arbitrary: fc.constantFrom(null, 'text', true) },
        ),
        quality: fc.constantFrom('GOOD', 'GOOD', 'GOOD', 'UNCERTAIN', 'BAD'),
        deviceStep: fc.constantFrom(0, 500, 1000, 1000, 4000, 10_000, -3_600_000),
        gatewayStep: fc.constantFrom(0, 1, 1000, 4000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('tick' as const),
        gatewayStep: fc.constantFrom(0, 500, 1000, 6000, 30_000),
      }),
    },
  ),
  { maxLength: 60 },
);

interface Played {
  happening: Happening;
  reading: Reading | undefined;
  now: number;
  before: RuleState;
  transitions: readonly AlertTransition[];
}

/** Plays a story through one rule. `between` may exchange the state after every step, as a restart does. */
function play(
  rule: AlertRule,
  story: readonly Happening[],
  between: (state: RuleState) => RuleState = (state) => state,
): Played[] {
  const compiled = compileRule(rule);
  const newId = countingIds();
  let [state, sourceTime, now, heardAt] = [idleState, deviceStart, gatewayStart, gatewayStart];
  return story.map((happening) => {
    now += happening.gatewayStep;
    const before = state;
    let [reading, step]: [Reading | undefined, Step | undefined] = [undefined, undefined];
    if (happening.kind === 'tick') {
      step = evaluateTick(compiled, state, { deviceId: 'press', now, heardAt }, newId);
    } else {
      sourceTime += happening.deviceStep;
      reading = readingOf(happening.value, happening.quality, sourceTime, now);
      step = evaluateReading(compiled, state, reading, newId);
      if (happening.quality === 'GOOD') heardAt = now;
    }
    state = between(step?.state ?? state);
    return { happening, reading, now, before, transitions: step?.transitions ?? [] };
  });
}

function readingOf(
  value: Reading['value'],
  quality: Reading['quality'],
  sourceTime: number,
  gatewayTime: number,
): Reading {
  return {
    type: 'reading',
    deviceId: 'press',
    signal: 'temperature',
    value,
    unit: 'Cel',
    quality,
    sourceTime,
    gatewayTime,
    clockState: 'SYNCHRONIZED',
    historical: false,
  };
}

function countingIds(): () => string {
  let count = 0;
  return () => `00000000-0000-7000-8000-${String(++count).padStart(12, '0')}`;
}

const allTransitions = (played: readonly Played[]) => played.flatMap((one) => one.transitions);

function isJudged(reading: Reading | undefined, rule: AlertRule): reading is Reading {
  if (reading === undefined || reading.quality === 'BAD') return false;
  return rule.limits === undefined || ['number', 'boolean'].includes(typeof reading.value);
}

test('transitions of an occurrence are numbered 1 to n and alternate legally, and at most one is open', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      let open: AlertTransition | undefined;
      const ended = new Set<string>();
      for (const transition of allTransitions(play(rule, story))) {
        expect(Value.Check(AlertTransition, transition)).toBe(true);
        if (open === undefined) {
          expect(transition).toMatchObject({ transition: 'raised', number: 1 });
          expect(ended).not.toContain(transition.alertId);
        } else {
          expect(transition.alertId).toBe(open.alertId);
          expect(transition.number).toBe(open.number + 1);
          const way = `${open.state} ${transition.transition} ${transition.state}`;
          const legal = [
            'HI escalated HIHI',
            'HIHI deescalated HI',
            'LO escalated LOLO',
            'LOLO deescalated LO',
          ];
          expect([...legal, `${open.state} cleared ${open.state}`]).toContain(way);
        }
        if (transition.transition === 'cleared') ended.add(transition.alertId);
        open = transition.transition === 'cleared' ? undefined : transition;
      }
    }),
  );
});

test('nothing is raised before its on-delay has passed, and nothing cleared before its off-delay', () => {
  fc.assert(
    fc.property(limits, happenings, (some, story) => {
      const rule: AlertRule = {
        name: 'rule',
        version: 1,
        signal: 'temperature',
        chatter: { enabled: false },
        limits: some,
      };
      const oracle = new DelayOracle(rule);
      for (const { reading, now, transitions } of play(rule, story)) {
        oracle.observe(reading);
        for (const transition of transitions) oracle.check(transition, reading, now);
      }
    }),
  );
});

/** Measures, apart from the engine, for how long the value has been beyond each limit, or back from it. */
class DelayOracle {
  readonly #rule: AlertRule;
  /** Time by the device's clock, steps back left out. */
  #time = 0;
  #last: Reading | undefined;
  #isHeld = false;
  readonly #since = new Map<string, number>();

  constructor(rule: AlertRule) {
    this.#rule = rule;
  }

  observe(reading: Reading | undefined): void {
    if (reading === undefined) return;
    this.#isHeld = !isJudged(reading, this.#rule);
    if (this.#isHeld) return;
    this.#time += Math.max(0, reading.sourceTime - (this.#last?.sourceTime ?? reading.sourceTime));
    this.#last = reading;
    const value = Number(reading.value);
    for (const [name, limit] of Object.entries(this.#rule.limits ?? {})) {
      const isHigh = name.startsWith('hi');
      const inside = isHigh ? limit.setpoint - (limit.deadband ?? 0) : limit.setpoint + (limit.deadband ?? 0);
      this.#keep(`${name} violated`, isHigh ? value >= limit.setpoint : value <= limit.setpoint);
      this.#keep(`${name} left`, isHigh ? value < inside : value > inside);
    }
  }

  #keep(condition: string, holds: boolean): void {
    if (!holds) this.#since.delete(condition);
    else if (!this.#since.has(condition)) this.#since.set(condition, this.#time);
  }

  #lasted(condition: string, reading: Reading | undefined, now: number): number {
    const since = this.#since.get(condition);
    if (since === undefined) return -1;
    const waited = reading === undefined ? now - (this.#last?.gatewayTime ?? now) : 0;
    return this.#time - since + waited;
  }

  check(transition: AlertTransition, reading: Reading | undefined, now: number): void {
    expect(this.#isHeld).toBe(false);
    const name = transition.state.toLowerCase() as 'hihi' | 'hi' | 'lo' | 'lolo';
    const limit = this.#rule.limits?.[name];
    if (transition.transition === 'raised' || transition.transition === 'escalated') {
      const lasted = this.#lasted(`${name} violated`, reading, now);
      expect(lasted).toBeGreaterThanOrEqual(limit?.onDelayMilliseconds ?? 0);
    }
    if (transition.transition === 'cleared' && !transition.reason.endsWith('takes its place')) {
      const lasted = this.#lasted(`${name} left`, reading, now);
      expect(lasted).toBeGreaterThanOrEqual(limit?.offDelayMilliseconds ?? 0);
    }
  }
}

test('without delays the engine does what four latches with a deadband do, so nothing flaps inside it', () => {
  const value = fc.oneof(fc.integer({ min: -3, max: 19 }), fc.double({ min: -3, max: 19, noNaN: true }));
  const values = fc.array(value, { maxLength: 100 });
  fc.assert(
    fc.property(limits, values, (some, sequence) => {
      const undelayed = Object.fromEntries(
        Object.entries(some).map(([name, { setpoint, deadband = 0, severity }]) => [
          name,
          { setpoint, deadband, severity },
        ]),
      );
      const rule: AlertRule = {
        name: 'rule',
        version: 1,
        signal: 'temperature',
        chatter: { enabled: false },
        limits: undelayed,
      };
      const story = sequence.map((value): Happening => {
        return { kind: 'reading', value, quality: 'GOOD', deviceStep: 1000, gatewayStep: 1 };
      });
      const latched = new Set<string>();
      let open: string | null = null;
      for (const { reading, transitions } of play(rule, story)) {
        const value = Number(reading?.value);
        for (const [name, { setpoint, deadband = 0 }] of Object.entries(undelayed)) {
          const depth = name.startsWith('hi') ? value - setpoint : setpoint - value;
          const inner = name.startsWith('hi') ? setpoint - deadband : setpoint + deadband;
          if (depth >= 0) latched.add(name);
          else if (name.startsWith('hi') ? value < inner : value > inner) latched.delete(name);
        }
        const expected =
          ['hihi', 'hi', 'lolo', 'lo'].find((name) => latched.has(name))?.toUpperCase() ?? null;
        const last = transitions.at(-1);
        if (last !== undefined) open = last.transition === 'cleared' ? null : last.state;
        expect(open).toBe(expected);
      }
    }),
  );
});

test('a reading that cannot be judged neither raises nor clears, nor does time until one can', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      let isHeld = false;
      for (const { reading, transitions } of play(rule, story)) {
        if (reading !== undefined) isHeld = !isJudged(reading, rule);
        if (!isHeld) continue;
        // Silence is no value: it may be raised, and a GOOD reading without a usable value still ends it.
        for (const { state, transition } of transitions) {
          expect(state).toBe('STALE');
          if (reading?.quality === 'BAD') expect(transition).toBe('raised');
        }
        if (reading?.quality === 'BAD') expect(transitions).toEqual([]);
      }
    }),
  );
});

test('a restart at any point changes nothing', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      const compiled = compileRule(rule);
      const whole = play(rule, story);
      const restarted = play(rule, story, (state) => restart(compiled, state));
      expect(allTransitions(restarted)).toEqual(allTransitions(whole));
    }),
  );
});

function restart(rule: CompiledRule, state: RuleState): RuleState {
  const parsed = parseState(serializeState(state));
  expect(parsed).toEqual(state);
  const moment = { deviceId: 'press', now: Number.MAX_SAFE_INTEGER };
  expect(adoptState(rule, parsed, moment, countingIds())).toBeUndefined();
  return parsed;
}

test('a replay gives the same, and as fast as the pipe allows too', () => {
  const readingsOnly = happenings.map((story) => story.filter(({ kind }) => kind === 'reading'));
  fc.assert(
    fc.property(rules, readingsOnly, (rule, story) => {
      const live = allTransitions(play(rule, story));
      expect(allTransitions(play(rule, story))).toEqual(live);
      const fast = allTransitions(
        play(
          rule,
          story.map((happening) => ({ ...happening, gatewayStep: 0 })),
        ),
      );
      const withoutGateway = (transition: AlertTransition) => ({ ...transition, gatewayTime: 0 });
      expect(fast.map(withoutGateway)).toEqual(live.map(withoutGateway));
    }),
  );
});

test('wakeAt is never late: a tick before it does nothing', () => {
  fc.assert(
    fc.property(rules, happenings, fc.integer({ min: 0, max: 40_000 }), (rule, story, wait) => {
      const compiled = compileRule(rule);
      const newId = countingIds();
      let [state, heardAt] = [idleState, gatewayStart];
      for (const { reading, now, before } of play(rule, story)) {
        state = before;
        const at = wakeAt(compiled, state, heardAt) ?? Infinity;
        const tick = { deviceId: 'press', now: now + wait, heardAt };
        const step = evaluateTick(compiled, state, tick, newId);
        expect(step === undefined).toBe(tick.now < at);
        if (reading?.quality === 'GOOD') heardAt = now;
      }
    }),
  );
});

test('a signal that was never GOOD is not called silent, unless the rule asks for it', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      let wasGood = rule.stale?.alsoIfNeverHeard === true;
      for (const { reading, transitions } of play(rule, story)) {
        if (!wasGood) expect(transitions.map(({ state }) => state)).not.toContain('STALE');
        wasGood ||= reading?.quality === 'GOOD';
      }
    }),
  );
});

test('what is cleared for good leaves no state behind, but that a signal which may fall silent was heard of', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      const calm: Happening = {
        kind: 'reading',
        value: 0,
        quality: 'GOOD',
        deviceStep: 30_000,
        gatewayStep: 1,
      };
      const withoutLow = { ...rule, limits: { hi: rule.limits?.hi ?? rule.limits?.hihi ?? limitOf(10) } };
      const [last] = play(withoutLow, [...story, calm, calm, { kind: 'tick', gatewayStep: 0 }]).slice(-1);
      const rest = rule.stale === undefined ? idleState : { ...idleState, heard: 'temperature' };
      expect(last?.before).toEqual(rest);
    }),
  );
});

const limitOf = (setpoint: number): Limit => ({ setpoint, severity: 'MAJOR' });
