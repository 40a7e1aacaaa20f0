import {
  adoptState,
  compileRule,
  dismissState,
  evaluateReading,
  evaluateTick,
  idleState,
  parseState,
  type RuleState,
  type Step,
  serializeState,
  wakeAt,
} from '@andon/shared/alert-rules';
import type { AlertRule, AlertTransition, Limit, Reading } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { describe, expect, test } from 'vitest';

/** The gateway's time at which a story begins; the device's clock shows something quite different. */
const start = 1_700_000_000_000;
const deviceStart = 1_386_018_900_000;

const limit = (setpoint: number, more: Partial<Limit> = {}): Limit => ({
  setpoint,
  severity: 'MAJOR',
  ...more,
});

function ruleWith(parts: Partial<AlertRule>): AlertRule {
  return { name: 'rule', version: 1, signal: 'temperature', chatter: { enabled: false }, ...parts };
}

/** One rule and its state, spoken to in seconds since the start. */
class Story {
  rule: AlertRule;
  state: RuleState = idleState;
  heardAt = start;
  #ids = 0;

  constructor(parts: Partial<AlertRule>) {
    this.rule = ruleWith(parts);
  }

  readonly #newId = () => `00000000-0000-7000-8000-${String(++this.#ids).padStart(12, '0')}`;

  reading(seconds: number, value: Reading['value'], more: Partial<Reading> = {}): AlertTransition[] {
    const gatewayTime = start + seconds * 1000;
    const reading: Reading = {
      type: 'reading',
      deviceId: 'press',
      signal: this.rule.signal,
      value,
      unit: 'Cel',
      quality: 'GOOD',
      sourceTime: deviceStart + seconds * 1000,
      gatewayTime,
      clockState: 'SYNCHRONIZED',
      historical: false,
      ...more,
    };
    if (reading.quality === 'GOOD') this.heardAt = gatewayTime;
    return this.#take(evaluateReading(compileRule(this.rule), this.state, reading, this.#newId));
  }

  tick(seconds: number): AlertTransition[] {
    const tick = { deviceId: 'press', now: start + seconds * 1000, heardAt: this.heardAt };
    return this.#take(evaluateTick(compileRule(this.rule), this.state, tick, this.#newId));
  }

  change(parts: Partial<AlertRule>, seconds: number): AlertTransition[] {
    this.rule = ruleWith(parts);
    const moment = { deviceId: 'press', now: start + seconds * 1000 };
    return this.#take(adoptState(compileRule(this.rule), this.state, moment, this.#newId));
  }

  /** Seconds since the start at which the rule wants a tick. */
  wake(): number | undefined {
    const at = wakeAt(compileRule(this.rule), this.state, this.heardAt);
    return at === undefined ? undefined : (at - start) / 1000;
  }

  #take(step: Step | undefined): AlertTransition[] {
    if (step === undefined) return [];
    this.state = step.state;
    return [...step.transitions];
  }
}

const said = (transitions: readonly AlertTransition[]) =>
  transitions.map(({ transition, state }) => `${transition} ${state}`);

describe('limits', () => {
  const high = {
    limits: { hi: limit(100, { deadband: 2 }), hihi: limit(105, { deadband: 2, errorCode: 9 }) },
  };

  test('HI is violated at its setpoint, stays at setpoint minus deadband, and is left below', () => {
    const story = new Story(high);
    expect(story.reading(0, 99.999)).toEqual([]);
    expect(said(story.reading(1, 100))).toEqual(['raised HI']);
    expect(story.reading(2, 98)).toEqual([]);
    expect(said(story.reading(3, 97.999))).toEqual(['cleared HI']);
    expect(story.state).toBe(idleState);
  });

  test('LO is violated at its setpoint, stays at setpoint plus deadband, and is left above', () => {
    const story = new Story({ limits: { lo: limit(45, { deadband: 2 }) } });
    expect(story.reading(0, 45.001)).toEqual([]);
    expect(said(story.reading(1, 45))).toEqual(['raised LO']);
    expect(story.reading(2, 47)).toEqual([]);
    expect(said(story.reading(3, 47.001))).toEqual(['cleared LO']);
  });

  test('without a deadband a limit is left as soon as the value is inside', () => {
    const story = new Story({ limits: { hi: limit(100) } });
    expect(said(story.reading(0, 100))).toEqual(['raised HI']);
    expect(said(story.reading(1, 99.99))).toEqual(['cleared HI']);
  });

  test('HIHI escalates the occurrence of HI, and the way back deescalates it', () => {
    const story = new Story(high);
    const steps = [100, 106, 104, 102, 106, 97].flatMap((value, second) => story.reading(second, value));
    expect(said(steps)).toEqual([
      'raised HI',
      'escalated HIHI',
      'deescalated HI',
      'escalated HIHI',
      'cleared HIHI',
    ]);
    expect(new Set(steps.map((step) => step.alertId)).size).toBe(1);
    expect(steps.map((step) => step.number)).toEqual([1, 2, 3, 4, 5]);
    expect(steps[4]).toMatchObject({ setpoint: 105, errorCode: 9, value: 97 });
  });

  test('from the high side straight to the low side is the end of one occurrence and a new one', () => {
    const story = new Story({ limits: { hi: limit(100, { offDelayMilliseconds: 60_000 }), lo: limit(20) } });
    const [raised] = story.reading(0, 101);
    const steps = story.reading(1, 10);
    expect(said(steps)).toEqual(['cleared HI', 'raised LO']);
    expect(steps.map((step) => step.number)).toEqual([2, 1]);
    expect(steps[0]?.alertId).toBe(raised?.alertId);
    expect(steps[1]?.alertId).not.toBe(raised?.alertId);
    expect(steps[0]?.reason).toBe('temperature 10 °C is below HI 100 °C; LO takes its place');
  });

  test('setpoints that overlap do not flap', () => {
    const story = new Story({ limits: { hi: limit(40), lo: limit(60) } });
    expect(said(story.reading(0, 50))).toEqual(['raised HI']);
    expect(story.reading(1, 50)).toEqual([]);
    expect(story.reading(2, 50)).toEqual([]);
    expect(said(story.reading(3, 30))).toEqual(['cleared HI', 'raised LO']);
  });

  test('a transition says what was compared with what, dated by the reading', () => {
    const story = new Story(high);
    const [raised] = story.reading(7, 106.25, { bootId: 'boot-1', historical: true });
    expect(raised).toEqual({
      type: 'alert',
      alertId: '00000000-0000-7000-8000-000000000001',
      number: 1,
      transition: 'raised',
      deviceId: 'press',
      rule: 'rule',
      ruleVersion: 1,
      signal: 'temperature',
      state: 'HIHI',
      severity: 'MAJOR',
      errorCode: 9,
      value: 106.25,
      setpoint: 105,
      unit: 'Cel',
      quality: 'GOOD',
      sourceTime: deviceStart + 7000,
      gatewayTime: start + 7000,
      bootId: 'boot-1',
      historical: true,
      reason: 'temperature 106.25 °C is at or above HIHI 105 °C',
    });
    expect(story.reading(8, 103)).toEqual([]);
    expect(story.reading(9, 102.5)[0]?.reason).toBe(
      'temperature 102.5 °C is below HIHI 105 °C by more than the deadband of 2; HI 100 stays in force',
    );
  });

  test('booleans compare as 1 and 0', () => {
    const story = new Story({ limits: { hi: limit(1) } });
    expect(story.reading(0, false)).toEqual([]);
    expect(said(story.reading(1, true))).toEqual(['raised HI']);
  });
});

describe('delays', () => {
  const delayed = {
    limits: { hi: limit(100, { deadband: 2, onDelayMilliseconds: 10_000, offDelayMilliseconds: 20_000 }) },
  };

  test('count by the dates of the readings, however fast they come', () => {
    const story = new Story(delayed);
    const at = { gatewayTime: start };
    expect(story.reading(0, 101, at)).toEqual([]);
    expect(story.reading(9.999, 101, at)).toEqual([]);
    const [raised] = story.reading(10, 101, at);
    expect(raised?.sourceTime).toBe(deviceStart + 10_000);
    expect(raised?.reason).toBe('temperature 101 °C is at or above HI 100 °C for at least 10 s');
    expect(story.reading(11, 90, at)).toEqual([]);
    expect(story.reading(30.999, 90, at)).toEqual([]);
    expect(said(story.reading(31, 90, at))).toEqual(['cleared HI']);
  });

  test('an on-delay begins anew when the value was below the setpoint in between', () => {
    const story = new Story(delayed);
    story.reading(0, 101);
    story.reading(6, 99);
    story.reading(7, 101);
    expect(story.reading(16, 101)).toEqual([]);
    expect(said(story.reading(17, 101))).toEqual(['raised HI']);
  });

  test('an off-delay begins anew when the value was inside the deadband in between', () => {
    const story = new Story(delayed);
    story.reading(0, 101);
    story.reading(10, 101);
    story.reading(11, 90);
    story.reading(20, 99);
    expect(story.state.timing).toBeNull();
    story.reading(21, 90);
    expect(story.reading(40, 90)).toEqual([]);
    expect(said(story.reading(41, 90))).toEqual(['cleared HI']);
  });

  test('a tick lets a delay expire, dated by the device as if its clock had gone on', () => {
    const story = new Story(delayed);
    story.reading(0, 101);
    story.reading(4, 103);
    expect(story.wake()).toBe(10);
    expect(story.tick(9.999)).toEqual([]);
    expect(story.tick(10)).toMatchObject([
      { transition: 'raised', value: 103, sourceTime: deviceStart + 10_000, gatewayTime: start + 10_000 },
    ]);
    expect(story.wake()).toBeUndefined();
  });

  test('ticks do not count while the latest reading is BAD, and the next good one counts the whole time', () => {
    const story = new Story(delayed);
    story.reading(0, 101);
    story.reading(5, null, { quality: 'BAD' });
    expect(story.wake()).toBeUndefined();
    expect(story.tick(60)).toEqual([]);
    expect(said(story.reading(61, 101))).toEqual(['raised HI']);
    story.reading(62, 90);
    story.reading(63, null, { quality: 'BAD' });
    expect(story.tick(600)).toEqual([]);
    expect(said(story.reading(601, 90))).toEqual(['cleared HI']);
  });

  test('a date that goes back adds nothing to a delay and takes nothing from it', () => {
    const story = new Story(delayed);
    story.reading(0, 101);
    story.reading(8, 101);
    expect(story.reading(-3592, 101)).toEqual([]);
    expect(story.reading(-3591, 101)).toEqual([]);
    expect(said(story.reading(-3590, 101))).toEqual(['raised HI']);
  });

  test('HIHI takes HI along, so that the way back leads over HI', () => {
    const story = new Story({
      limits: { hi: limit(100, { onDelayMilliseconds: 60_000 }), hihi: limit(105) },
    });
    expect(said(story.reading(0, 106))).toEqual(['raised HIHI']);
    expect(said(story.reading(1, 103))).toEqual(['deescalated HI']);
  });

  test('of several limits expire one after the other, each counted from its own violation', () => {
    const story = new Story({
      limits: {
        hi: limit(100, { onDelayMilliseconds: 10_000 }),
        hihi: limit(105, { onDelayMilliseconds: 20_000 }),
      },
    });
    story.reading(0, 106);
    expect(said(story.tick(10))).toEqual(['raised HI']);
    expect(story.wake()).toBe(20);
    expect(story.tick(19.999)).toEqual([]);
    expect(said(story.tick(20))).toEqual(['escalated HIHI']);
  });

  test('survive a restart in the middle', () => {
    const story = new Story(delayed);
    story.reading(0, 101);
    const stored = serializeState(story.state);
    story.state = parseState(stored);
    expect(said(story.tick(10))).toEqual(['raised HI']);
  });
});

describe('quality', () => {
  test('BAD quality neither raises nor clears, and UNCERTAIN is evaluated', () => {
    const story = new Story({ limits: { hi: limit(100) } });
    expect(story.reading(0, 120, { quality: 'BAD' })).toEqual([]);
    expect(said(story.reading(1, 120, { quality: 'UNCERTAIN' }))).toEqual(['raised HI']);
    expect(story.reading(2, 20, { quality: 'BAD' })).toEqual([]);
    expect(said(story.reading(3, 20, { quality: 'UNCERTAIN' }))).toEqual(['cleared HI']);
  });

  test('text where a limit needs a number changes nothing', () => {
    const story = new Story({ limits: { hi: limit(100) } });
    story.reading(0, 120);
    expect(story.reading(1, 'cold')).toEqual([]);
    expect(story.state.open?.state).toBe('HI');
  });
});

describe('stale', () => {
  const stale = { afterMilliseconds: 30_000, severity: 'MINOR', errorCode: 77 } as const;

  test('is not raised for a signal that was never heard of, nor before it was GOOD once', () => {
    const story = new Story({ stale });
    expect(story.wake()).toBeUndefined();
    expect(story.tick(3600)).toEqual([]);
    story.reading(3601, 20, { quality: 'BAD' });
    story.reading(3602, 20, { quality: 'UNCERTAIN' });
    expect(story.tick(7200)).toEqual([]);
    expect(story.state).toBe(idleState);
    story.reading(7201, 20);
    expect(story.wake()).toBe(7231);
    expect(said(story.tick(7231))).toEqual(['raised STALE']);
  });

  test('is raised for a signal that was never heard of where the rule asks for that', () => {
    const story = new Story({ stale: { ...stale, alsoIfNeverHeard: true } });
    expect(story.wake()).toBe(30);
    expect(said(story.tick(30))).toEqual(['raised STALE']);
  });

  test('is raised after the silence and cleared by a GOOD reading only', () => {
    const story = new Story({ stale });
    story.reading(0, 20);
    expect(story.wake()).toBe(30);
    expect(story.tick(29.999)).toEqual([]);
    expect(story.tick(30)).toMatchObject([
      { transition: 'raised', state: 'STALE', severity: 'MINOR', errorCode: 77, value: null, quality: 'BAD' },
    ]);
    expect(story.tick(31)).toEqual([]);
    expect(story.reading(40, 20, { quality: 'BAD' })).toEqual([]);
    expect(story.reading(41, 20, { quality: 'UNCERTAIN' })).toEqual([]);
    const [cleared] = story.reading(42, 20);
    expect(cleared).toMatchObject({ transition: 'cleared', state: 'STALE', number: 2, errorCode: 77 });
    expect(cleared?.reason).toBe('temperature is heard of again: 20 °C, GOOD');
    expect(story.state).toEqual({ ...idleState, heard: 'temperature' });
  });

  test('a GOOD reading that violates a limit ends it and raises the limit', () => {
    const story = new Story({ stale, limits: { hi: limit(100) } });
    story.reading(0, 20);
    story.tick(30);
    expect(said(story.reading(31, 101))).toEqual(['cleared STALE', 'raised HI']);
  });

  test('does not end an open limit alert, and no off-delay expires meanwhile', () => {
    const story = new Story({ stale, limits: { hi: limit(100, { offDelayMilliseconds: 60_000 }) } });
    story.reading(0, 101);
    story.reading(1, 90);
    expect(story.tick(31)).toEqual([]);
    expect(story.wake()).toBeUndefined();
    expect(story.tick(3600)).toEqual([]);
    expect(said(story.reading(3601, 90))).toEqual(['cleared HI']);
  });

  test('a late tick does not let expire what was due after the silence had begun', () => {
    const story = new Story({ stale, limits: { hi: limit(100, { offDelayMilliseconds: 60_000 }) } });
    story.reading(0, 101);
    story.reading(1, 90);
    expect(story.tick(3600)).toEqual([]);
    expect(story.state.open?.state).toBe('HI');
  });

  test('a late tick lets expire what was due before the silence, and then raises the silence', () => {
    const story = new Story({ stale, limits: { hi: limit(100, { offDelayMilliseconds: 10_000 }) } });
    story.reading(0, 101);
    story.reading(1, 90);
    expect(said(story.tick(300))).toEqual(['cleared HI', 'raised STALE']);
  });
});

describe('error codes', () => {
  const codes = { errorCodes: { severity: 'MINOR', severities: { '47': 'CRITICAL' } } } as const;

  test('any value but 0 raises its code, 0 clears it, and another code is another occurrence', () => {
    const story = new Story(codes);
    expect(story.reading(0, 0)).toEqual([]);
    expect(story.reading(1, 12)).toMatchObject([{ transition: 'raised', severity: 'MINOR', errorCode: 12 }]);
    expect(story.reading(2, 12)).toEqual([]);
    expect(story.reading(3, 47)).toMatchObject([
      { transition: 'cleared', errorCode: 12, number: 2 },
      { transition: 'raised', severity: 'CRITICAL', errorCode: 47, number: 1 },
    ]);
    expect(story.reading(4, 0)).toMatchObject([{ transition: 'cleared', errorCode: 47 }]);
    expect(story.state).toBe(idleState);
  });

  test('delays hold for codes too: the old one stays until the new one has lasted', () => {
    const story = new Story({
      errorCodes: { severity: 'MINOR', onDelayMilliseconds: 5000, offDelayMilliseconds: 20_000 },
    });
    story.reading(0, 12);
    expect(said(story.tick(5))).toEqual(['raised ERROR_CODE']);
    story.reading(6, 47);
    expect(story.wake()).toBe(11);
    expect(story.tick(11)).toMatchObject([{ errorCode: 12 }, { transition: 'raised', errorCode: 47 }]);
    story.reading(12, 0);
    expect(story.tick(31.9)).toEqual([]);
    expect(said(story.tick(32))).toEqual(['cleared ERROR_CODE']);
  });

  test('a number that is no code is an error without a code; text of digits is a code, other text nothing', () => {
    const story = new Story(codes);
    const [raised] = story.reading(0, -3);
    expect(raised).toMatchObject({ transition: 'raised', state: 'ERROR_CODE', value: -3 });
    expect(raised).not.toHaveProperty('errorCode');
    expect(story.reading(1, '47')).toMatchObject([{ transition: 'cleared' }, { errorCode: 47 }]);
    expect(story.reading(2, 'fine')).toEqual([]);
  });
});

describe('a changed rule', () => {
  const limits = { hi: limit(100), hihi: limit(105) };

  test('keeps the open occurrence where it still makes sense', () => {
    const story = new Story({ limits });
    const [raised] = story.reading(0, 101);
    expect(story.change({ version: 2, limits: { ...limits, hi: limit(90) } }, 1)).toEqual([]);
    expect(story.reading(2, 80)).toMatchObject([
      { transition: 'cleared', number: 2, alertId: raised?.alertId, ruleVersion: 2 },
    ]);
  });

  test('ends it where the limit is gone, with the reason', () => {
    const story = new Story({ limits: { hi: limit(100), lo: limit(0) } });
    story.reading(0, 101);
    expect(story.change({ version: 2, limits: { lo: limit(0) } }, 1)).toMatchObject([
      {
        transition: 'cleared',
        state: 'HI',
        value: 101,
        quality: 'UNCERTAIN',
        reason: 'version 2 of the rule has no HI any more',
      },
    ]);
    expect(story.state).toBe(idleState);
  });

  test('steps down where only the outer limit is gone', () => {
    const story = new Story({ limits });
    story.reading(0, 106);
    expect(said(story.change({ version: 2, limits: { hi: limit(100) } }, 1))).toEqual(['deescalated HI']);
  });

  test('ends it where another signal is watched, though delays were running only', () => {
    const story = new Story({ limits: { hi: limit(100, { onDelayMilliseconds: 1000 }) } });
    story.reading(0, 101);
    expect(story.change({ version: 2, signal: 'pressure', limits }, 1)).toEqual([]);
    expect(story.state).toBe(idleState);
    story.reading(2, 101);
    const [cleared] = story.change({ version: 3, signal: 'flow', limits }, 3);
    expect(cleared).toMatchObject({
      signal: 'pressure',
      reason: 'version 3 of the rule watches flow instead of pressure',
    });
  });

  test('a removed rule ends it with the reason that it is given', () => {
    const story = new Story({ limits });
    story.reading(0, 101);
    const step = dismissState(story.state, 'the rule was removed', { deviceId: 'press', now: start });
    expect(step).toMatchObject({
      transitions: [
        {
          transition: 'cleared',
          quality: 'UNCERTAIN',
          reason: 'the rule was removed',
          evidence: { inputs: [] },
        },
      ],
    });
    expect(step.state).toBe(idleState);
  });

  test('a gateway clock that was set back while it was down does not stop a delay', () => {
    const story = new Story({ limits: { hi: limit(100, { onDelayMilliseconds: 10_000 }) } });
    story.reading(0, 101);
    story.change({ limits: { hi: limit(100, { onDelayMilliseconds: 10_000 }) } }, -7200);
    expect(story.wake()).toBe(-7190);
  });
});

describe('a stored state', () => {
  test('of a rule with which all is well is nothing', () => {
    expect(serializeState(idleState)).toBeNull();
    expect(parseState(null)).toBe(idleState);
  });

  test.each(['{', '{}', '{"open":null}'])('that cannot be read is refused: %s', (json) => {
    expect(() => parseState(json)).toThrow(AndonError);
  });
});
