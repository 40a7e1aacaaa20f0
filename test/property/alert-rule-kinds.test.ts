import {
  adoptState,
  type CompiledRule,
  compileRule,
  evaluateMoment,
  evaluateReading,
  evaluateRuleInput,
  evaluateTick,
  idleState,
  parseFormula,
  parseState,
  type RuleState,
  type Step,
  serializeState,
  shelve,
  wakeAt,
} from '@andon/shared/alert-rules';
import { AlertRule, AlertShelving, AlertTransition, type Reading } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { expect, test } from 'vitest';

fc.configureGlobal({ numRuns: 300 });

const gatewayStart = 1_700_000_000_000;
const deviceStart = 1_386_018_900_000;

type Happening =
  | {
      kind: 'reading';
      signal: 'temperature' | 'ambient' | 'running';
      value: Reading['value'];
      quality: Reading['quality'];
      deviceStep: number;
      gatewayStep: number;
    }
  | { kind: 'tick'; gatewayStep: number }
  | { kind: 'rule'; isActive: boolean; gatewayStep: number }
  | { kind: 'shelve'; oneShot: boolean; gatewayStep: number };

const delay = fc.constantFrom(0, 0, 1000, 5000, 20_000);
const consequence = fc.record({
  severity: fc.constantFrom('MAJOR' as const, 'CRITICAL' as const),
  onDelayMilliseconds: delay,
  offDelayMilliseconds: delay,
});
const limitAt = (setpoint: number) => consequence.map((some) => ({ setpoint, deadband: 2, ...some }));

const measures = fc.constantFrom<Partial<AlertRule>>(
  {},
  { rateOfChange: { perMilliseconds: 1000, windowMilliseconds: 5000 } },
  { deviation: { from: 'ambient' } },
  { window: { aggregate: 'mean', milliseconds: 5000 } },
  { window: { aggregate: 'count', milliseconds: 5000 } },
  { calculation: { formula: 'temperature * 2 - ambient' } },
  { calculation: { formula: 'if(running, temperature, 0)' } },
);
const limited = fc
  .tuple(measures, limitAt(14), limitAt(8), limitAt(1))
  .map(([measure, hihi, hi, lo]) => ({ ...measure, limits: { hihi, hi, lo } }));
const conditions: fc.Arbitrary<Partial<AlertRule>> = fc.oneof(
  limited,
  consequence.map((some) => ({ expression: { formula: 'temperature > ambient + 3 and running', ...some } })),
  consequence.map((some) => ({ badQuality: some })),
  fc.constant({ stuck: { epsilon: 1, forMilliseconds: 4000, severity: 'MINOR' as const } }),
  fc.boolean().map((alsoIfNeverHeard) => ({
    stale: { afterMilliseconds: 7000, severity: 'WARNING' as const, alsoIfNeverHeard },
  })),
);
const modifiers: fc.Arbitrary<Partial<AlertRule>> = fc.record(
  {
    latched: fc.constant(true),
    inhibitWhen: fc.constantFrom({ formula: 'not running' }, { rule: 'other' }),
    schedule: fc.constantFrom<NonNullable<AlertRule['schedule']>>({
      timeZone: 'Europe/Berlin',
      periods: [{ days: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], from: '22:16', to: '22:18' }],
    }),
    chatter: fc.constantFrom({ enabled: false }, { withinMilliseconds: 20_000, shelveMilliseconds: 30_000 }),
  },
  { requiredKeys: [] },
);
const rules: fc.Arbitrary<AlertRule> = fc
  .tuple(conditions, conditions, modifiers)
  .map(([one, other, some]): AlertRule => {
    const parts = one.limits && other.limits ? one : { ...other, ...one };
    return { name: 'rule', version: 1, signal: 'temperature', ...parts, ...some };
  });

const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant('reading' as const),
        signal: fc.constantFrom('temperature', 'temperature', 'temperature', 'ambient', 'running'),
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
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('tick' as const),
        gatewayStep: fc.constantFrom(0, 500, 1000, 6000, 30_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('rule' as const),
        isActive: fc.boolean(),
        gatewayStep: fc.constantFrom(0, 1000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('shelve' as const),
        oneShot: fc.boolean(),
        gatewayStep: fc.constantFrom(0, 1000),
      }),
    },
  ),
  { maxLength: 60 },
);

interface Played {
  readonly happening: Happening;
  readonly now: number;
  readonly heardAt: number;
  readonly before: RuleState;
  readonly after: RuleState;
  readonly step: Step | undefined;
}

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
    if (happening.kind === 'reading') sourceTime += happening.deviceStep;
    const step = stepOf(compiled, state, happening, { sourceTime, now, heardAt }, newId);
    if (happening.kind === 'reading' && happening.signal === 'temperature' && happening.quality === 'GOOD') {
      heardAt = now;
    }
    state = between(step?.state ?? state);
    return { happening, now, heardAt, before, after: state, step };
  });
}

function stepOf(
  rule: CompiledRule,
  state: RuleState,
  happening: Happening,
  times: { sourceTime: number; now: number; heardAt: number },
  newId: () => string,
): Step | undefined {
  const { now, heardAt, sourceTime } = times;
  switch (happening.kind) {
    case 'tick':
      return evaluateTick(rule, state, { deviceId: 'press', now, heardAt }, newId);
    case 'rule': {
      if (!(rule.plan?.rules ?? []).includes('other')) return undefined;
      const other = { deviceId: 'press', rule: 'other', isActive: happening.isActive, now };
      return evaluateRuleInput(rule, state, other, newId);
    }
    case 'shelve': {
      const kind = happening.oneShot ? 'one-shot' : 'timed';
      return shelve(rule, state, { deviceId: 'press', now, by: 'ana', kind, milliseconds: 15_000 });
    }
    case 'reading': {
      const { signal, value, quality } = happening;
      if (!(rule.plan?.signals ?? ['temperature']).includes(signal)) return undefined;
      const reading = readingOf(signal, value, quality, sourceTime, now);
      return evaluateReading(rule, state, reading, newId);
    }
  }
}

function readingOf(
  signal: string,
  value: Reading['value'],
  quality: Reading['quality'],
  sourceTime: number,
  gatewayTime: number,
): Reading {
  return {
    type: 'reading',
    deviceId: 'press',
    signal,
    value: quality === 'BAD' ? null : value,
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

const said = (played: readonly Played[]) =>
  played.flatMap(({ step }) => [...(step?.transitions ?? []), ...(step?.shelvings ?? [])]);

test('the rules of these properties are rules', () => {
  fc.assert(
    fc.property(rules, (rule) => {
      expect(Value.Check(AlertRule, rule)).toBe(true);
    }),
  );
});

test('whatever the kind of rule, at most one occurrence is open, and its transitions are numbered and well formed', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      let open: AlertTransition | undefined;
      for (const record of said(play(rule, story))) {
        if (record.type === 'alert-shelving') {
          expect(Value.Check(AlertShelving, record)).toBe(true);
          continue;
        }
        expect([...Value.Errors(AlertTransition, record)]).toEqual([]);
        if (open === undefined) expect(record).toMatchObject({ transition: 'raised', number: 1 });
        else expect([record.alertId, record.number]).toEqual([open.alertId, open.number + 1]);
        open = record.transition === 'cleared' ? undefined : record;
      }
    }),
  );
});

test('whatever the kind of rule, a restart at any point changes nothing', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      const compiled = compileRule(rule);
      const restarted = play(rule, story, (state) => {
        const parsed = parseState(serializeState(state));
        expect(parsed).toEqual(state);
        const moment = { deviceId: 'press', now: Number.MAX_SAFE_INTEGER };
        expect(adoptState(compiled, parsed, moment, countingIds())).toBeUndefined();
        return parsed;
      });
      expect(said(restarted)).toEqual(said(play(rule, story)));
    }),
  );
});

test('whatever the kind of rule, BAD quality clears nothing, and raises nothing but that the quality is BAD', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      for (const { happening, step } of play(rule, story)) {
        if (happening.kind !== 'reading' || happening.quality !== 'BAD') continue;
        for (const { transition, state, reason } of step?.transitions ?? []) {
          if (transition === 'cleared') expect(reason).toMatch(/takes its place$/);
          // A formula may be true although one of its signals is unknown: that is what `or` is for.
          else if (!rule.calculation) expect(['BAD_QUALITY', 'EXPRESSION']).toContain(state);
        }
      }
    }),
  );
});

test('no limit of a calculation is left while a signal of it is BAD, whatever it gives without', () => {
  const formulas = fc.constantFrom(
    'if(ambient > 5, temperature, 4)',
    'if(temperature > 8, ambient, 4)',
    'if(running and ambient > 5, temperature - ambient, 4)',
  );
  const limits = fc.record({ hihi: limitAt(14), hi: limitAt(8), lo: limitAt(1) });
  const stories = fc.array(happenings, { minLength: 5, maxLength: 10 }).map((some) => some.flat());
  fc.assert(
    fc.property(formulas, limits, stories, (formula, levels, story) => {
      const { signals } = parseFormula(formula);
      const qualities = new Map<string, Reading['quality']>();
      const rule = { name: 'rule', version: 1, signal: 'temperature', limits: levels };
      for (const { happening, before, after } of play({ ...rule, calculation: { formula } }, story)) {
        if (happening.kind === 'reading') qualities.set(happening.signal, happening.quality);
        const isAnyBad = signals.some((signal) => qualities.get(signal) === 'BAD');
        if (isAnyBad) expect(before.activeLimits & ~after.activeLimits).toBe(0);
      }
    }),
  );
});

test('nothing is raised or escalated while a rule is shelved, inhibited or outside of its schedule', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      for (const { before, after, step } of play(rule, story)) {
        const isShelved = before.shelf !== null && after.shelf === before.shelf;
        if (!isShelved) continue;
        for (const { transition } of step?.transitions ?? [])
          expect(transition).not.toMatch(/raised|escalated/);
      }
    }),
  );
});

test('what is latched is cleared by nothing but a reset, or by what takes its place', () => {
  fc.assert(
    fc.property(rules, happenings, (rule, story) => {
      for (const { step } of play({ ...rule, latched: true }, story)) {
        for (const { transition, reason } of step?.transitions ?? []) {
          if (transition === 'cleared') expect(reason).toMatch(/takes its place$/);
        }
      }
    }),
  );
});

test('a tick before wakeAt does nothing, whatever the kind of rule', () => {
  fc.assert(
    fc.property(rules, happenings, fc.integer({ min: 0, max: 90_000 }), (rule, story, wait) => {
      const compiled = compileRule(rule);
      for (const { after, now, heardAt } of play(rule, story)) {
        const at = wakeAt(compiled, after, heardAt) ?? Number.POSITIVE_INFINITY;
        const tick = { deviceId: 'press', now: Math.min(now + wait, at - 1), heardAt };
        if (tick.now < now) continue;
        const step = evaluateTick(compiled, after, tick, countingIds());
        expect(step?.transitions ?? []).toEqual([]);
        expect(step?.shelvings ?? []).toEqual([]);
      }
    }),
  );
});

test('the order of what a device says in one moment does not matter to an expression', () => {
  const values = fc.record({
    temperature: fc.integer({ min: 0, max: 10 }),
    ambient: fc.integer({ min: 0, max: 10 }),
    running: fc.boolean(),
  });
  const rule = compileRule({
    name: 'rule',
    version: 1,
    signal: 'temperature',
    expression: { formula: 'temperature > ambient + 3 and running', severity: 'MAJOR' },
    chatter: { enabled: false },
  });
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 10 }), fc.boolean(), (moments, turned) => {
      const outcome = (isTurned: boolean) => {
        let state: RuleState = idleState;
        const newId = countingIds();
        return moments.flatMap((moment, index) => {
          const time = deviceStart + index * 1000;
          const readings = Object.entries(moment).map(([signal, value]) =>
            readingOf(signal, value, 'GOOD', time, time),
          );
          const step = evaluateMoment(rule, state, isTurned ? readings.toReversed() : readings, newId);
          state = step?.state ?? state;
          return (step?.transitions ?? []).map(({ transition, number }) => [index, transition, number]);
        });
      };
      expect(outcome(turned)).toEqual(outcome(!turned));
    }),
  );
});

test('any text is a formula or is refused with the position of the mistake', () => {
  const parts = fc.constantFrom(
    ...['(', ')', 'and', 'or', 'not', '+', '-', '*', '/', '<', '>=', '==', '1', '2.5e3', 'a', '[b/c-1]'],
    ...["'x'", 'min', 'if', 'active', 'quality', ',', ' ', '=', '&', '[', '"', 'true', '%', '__proto__'],
  );
  const texts = fc.oneof(
    fc.array(parts, { maxLength: 40 }).map((some) => some.join(' ')),
    fc.string({ maxLength: 60 }),
    fc.integer({ min: 1, max: 600 }).map((depth) => '('.repeat(depth)),
    fc.integer({ min: 1, max: 600 }).map((length) => 'not '.repeat(length)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const { root } = parseFormula(text);
        root.compute({ signal: () => undefined, quality: () => undefined, active: () => false });
      } catch (error) {
        expect(error).toBeInstanceOf(AndonError);
        const { position } = error instanceof AndonError ? error.details : {};
        expect(position).toBeGreaterThanOrEqual(1);
        expect(position).toBeLessThanOrEqual(Math.max(1, text.length + 1));
      }
    }),
    { numRuns: 3000 },
  );
});
