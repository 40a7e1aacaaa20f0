import { readFileSync } from 'node:fs';
import { parseFormula, parseState, ruleMistakes } from '@andon/shared/alert-rules';
import { AlertRule, type DeviceDefinition } from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { AlertStory, pressStory, storyStart } from '../support/alert-story.ts';

const major = { severity: 'MAJOR' as const };
const calm = { chatter: { enabled: false } };

describe('what limits are compared with', () => {
  test('a rate of change is measured over its window, and unknown until half of it is covered', () => {
    const story = pressStory({
      name: 'rise',
      rateOfChange: { perMilliseconds: 60_000, windowMilliseconds: 60_000 },
      limits: { hi: { setpoint: 10, deadband: 2, ...major } },
    });
    expect(story.say(0, { temperature: 20 }, { unit: 'Cel' })).toEqual([]);
    // 5 degrees in 10 s are 30 a minute, but ten seconds say too little.
    expect(story.say(10, { temperature: 25 }, { unit: 'Cel' })).toEqual([]);
    expect(story.say(30, { temperature: 26 }, { unit: 'Cel' })).toEqual(['rise raised HI']);
    expect(story.transitions.at(-1)).toMatchObject({
      value: 12,
      unit: 'Cel/min',
      setpoint: 10,
      reason: 'change of temperature in 60 s: 12 Cel/min is at or above HI 10 Cel/min',
      evidence: { inputs: [{ name: 'temperature', value: 26, quality: 'GOOD' }] },
    });
    expect(story.say(61, { temperature: 26 }, { unit: 'Cel' })).toEqual(['rise cleared HI']);
  });

  test('a deviation is the difference from another signal, and waits for it', () => {
    const story = pressStory({
      name: 'apart',
      deviation: { from: 'ambient' },
      limits: { hi: { setpoint: 5, ...major }, lo: { setpoint: -5, ...major } },
    });
    expect(story.say(0, { temperature: 40 })).toEqual([]);
    expect(story.say(1, { ambient: 30 })).toEqual(['apart raised HI']);
    expect(story.transitions.at(-1)).toMatchObject({ value: 10, setpoint: 5 });
    expect(story.say(2, { ambient: null })).toEqual([]);
    expect(story.say(3, { ambient: 38, temperature: 40 })).toEqual(['apart cleared HI']);
    expect(story.say(4, { temperature: 30 })).toEqual(['apart raised LO']);
  });

  test.each([
    ['mean', 25, 'HI'],
    ['min', 20, 'HI'],
    ['max', 40, undefined],
    ['sum', 100, 'HI'],
    ['count', 4, 'LO'],
  ] as const)('the %s of a window, once the window was full', (aggregate, value, state) => {
    const story = pressStory({
      name: 'window',
      window: { aggregate, milliseconds: 40_000 },
      limits: { hi: { setpoint: aggregate === 'max' ? 50 : 20, ...major }, lo: { setpoint: 10, ...major } },
    });
    const said = [10, 20, 40, 20, 20].flatMap((temperature, index) => story.say(index * 10, { temperature }));
    expect(said).toEqual(state === undefined ? [] : [`window raised ${state}`]);
    if (state !== undefined) expect(story.transitions[0]?.value).toBe(value);
  });

  test('a calculation over signals, unknown where it cannot be computed', () => {
    const story = pressStory({
      name: 'load',
      calculation: { formula: 'torque * speed / 9549', unit: 'kW' },
      limits: { hi: { setpoint: 10, ...major } },
    });
    expect(story.say(0, { torque: 100 })).toEqual([]);
    expect(story.say(1, { speed: 1000 })).toEqual(['load raised HI']);
    expect(story.transitions.at(-1)).toMatchObject({ unit: 'kW', value: expect.closeTo(10.472, 3) });
    expect(story.say(2, { torque: null })).toEqual([]);
    expect(story.say(3, { torque: 10 })).toEqual(['load cleared HI']);
  });

  test('a calculation that has a result although a signal is BAD may raise, but does not clear', () => {
    const story = pressStory({
      name: 'hot',
      calculation: { formula: 'if(running, temperature, ambient)' },
      limits: { hi: { setpoint: 80, ...major } },
    });
    expect(story.say(0, { running: true, temperature: 90, ambient: 20 })).toEqual(['hot raised HI']);
    expect(story.say(1, { temperature: null })).toEqual([]);
    expect(story.say(2, { running: false })).toEqual([]);
    expect(story.say(3, { temperature: 85 })).toEqual(['hot cleared HI']);
    expect(story.say(4, { temperature: null })).toEqual([]);
    expect(story.say(5, { ambient: 81 })).toEqual(['hot raised HI']);
  });
});

describe('conditions that are no limits', () => {
  test('an expression is raised when it was true for its delay, with what it was true of', () => {
    const story = pressStory({
      name: 'dry',
      expression: {
        formula: 'running and [flow/in] < 2',
        ...major,
        onDelayMilliseconds: 5000,
        errorCode: 17,
      },
    });
    expect(story.say(0, { running: true, 'flow/in': 1 })).toEqual([]);
    expect(story.passUntil(4.9)).toEqual([]);
    expect(story.passUntil(5)).toEqual(['dry raised EXPRESSION']);
    expect(story.transitions[0]).toMatchObject({
      errorCode: 17,
      reason: 'running and [flow/in] < 2 is true for at least 5 s (running true, flow/in 1)',
      evidence: { delayMilliseconds: 5000, lastedMilliseconds: 5000 },
    });
    expect(story.say(6, { 'flow/in': null })).toEqual([]);
    expect(story.say(7, { 'flow/in': 3 })).toEqual(['dry cleared EXPRESSION']);
  });

  test('a value that does not move by more than epsilon is stuck, as long as readings come', () => {
    const story = pressStory({ name: 'frozen', stuck: { epsilon: 0.5, forMilliseconds: 10_000, ...major } });
    expect([0, 5, 9].flatMap((at) => story.say(at, { temperature: 20 + at / 20 }))).toEqual([]);
    expect(story.passUntil(30)).toEqual([]);
    expect(story.say(31, { temperature: 20.2 })).toEqual(['frozen raised STUCK']);
    expect(story.say(32, { temperature: 21 })).toEqual(['frozen cleared STUCK']);
  });

  test('BAD quality that lasts is raised by the clock of the gateway, and ends when it is no longer BAD', () => {
    const story = pressStory({
      name: 'sick',
      badQuality: { ...major, onDelayMilliseconds: 3000, offDelayMilliseconds: 2000 },
    });
    expect(story.say(0, { temperature: 20 })).toEqual([]);
    expect(story.say(1, { temperature: null })).toEqual([]);
    expect(story.say(2, { temperature: 20 })).toEqual([]);
    expect(story.say(3, { temperature: null })).toEqual([]);
    story.restart(4);
    expect(story.passUntil(6)).toEqual(['sick raised BAD_QUALITY']);
    expect(story.say(7, { temperature: 20 })).toEqual([]);
    expect(story.passUntil(10)).toEqual(['sick cleared BAD_QUALITY']);
  });
});

describe('when a rule may speak', () => {
  test('outside of its schedule nothing is raised; when it begins, the delay does too', () => {
    const story = pressStory({
      name: 'shift',
      limits: { hi: { setpoint: 100, onDelayMilliseconds: 30_000, ...major } },
      schedule: { timeZone: 'Europe/Berlin', periods: [{ days: ['MON'], from: '09:10', to: '17:00' }] },
    });
    // 08:00 UTC is 09:00 in Berlin.
    expect(story.say(0, { temperature: 120 })).toEqual([]);
    expect(story.passUntil(629)).toEqual([]);
    expect(story.passUntil(630)).toEqual(['shift raised HI']);
    expect(story.say(640, { temperature: 20 })).toEqual(['shift cleared HI']);
  });

  test('a schedule that runs past midnight belongs to the day on which it began', () => {
    const night = pressStory({
      name: 'night',
      limits: { hi: { setpoint: 100, ...major } },
      schedule: { timeZone: 'UTC', periods: [{ days: ['MON'], from: '22:00', to: '06:00' }] },
    });
    const hour = 3600;
    expect(night.say(13 * hour, { temperature: 120 })).toEqual([]);
    expect(night.say(14 * hour, { temperature: 120 })).toEqual(['night raised HI']);
    expect(night.say(15 * hour, { temperature: 20 })).toEqual(['night cleared HI']);
    expect(night.say(21.9 * hour, { temperature: 120 })).toEqual(['night raised HI']);
    expect(night.say(21.95 * hour, { temperature: 20 })).toEqual(['night cleared HI']);
    expect(night.say(22 * hour, { temperature: 120 })).toEqual([]);
  });

  test('an inhibited rule raises nothing, not even out of the message that lifts it, and its delay begins anew', () => {
    const story = pressStory({
      name: 'pressure-low',
      signal: 'pressure',
      limits: { lo: { setpoint: 2, onDelayMilliseconds: 3000, ...major } },
      inhibitWhen: { formula: 'not running' },
    });
    expect(story.say(0, { pressure: 0, running: false })).toEqual([]);
    expect(story.passUntil(600)).toEqual([]);
    expect(story.say(600, { running: true })).toEqual([]);
    expect(story.passUntil(602.9)).toEqual([]);
    expect(story.passUntil(603)).toEqual(['pressure-low raised LO']);
    // What is open stays open and may clear.
    expect(story.say(604, { pressure: 0, running: false })).toEqual([]);
    expect(story.say(605, { pressure: 5 })).toEqual(['pressure-low cleared LO']);
  });

  test('a rule is inhibited by the open alert of another one, also after a restart', () => {
    const story = pressStory(
      { name: 'power', signal: 'voltage', limits: { lo: { setpoint: 200, ...major } }, ...calm },
      {
        name: 'slow',
        signal: 'speed',
        limits: { lo: { setpoint: 10, ...major } },
        inhibitWhen: { rule: 'power' },
      },
    );
    expect(story.say(0, { voltage: 0 })).toEqual(['power raised LO']);
    expect(story.say(1, { speed: 0 })).toEqual([]);
    story.restart(2);
    expect(story.say(3, { speed: 0 })).toEqual([]);
    expect(story.say(4, { voltage: 230 })).toEqual(['power cleared LO', 'slow raised LO']);
  });

  test('a latched alert stays until it is reset, which what is still wrong is not', () => {
    const story = pressStory({ name: 'trip', limits: { hi: { setpoint: 100, ...major } }, latched: true });
    const reset = { ask: 'reset', deviceId: 'press', rule: 'trip', by: 'ana' } as const;
    expect(() => story.ask(0, reset)).toThrow('has no open alert');
    expect(story.say(0, { temperature: 120 })).toEqual(['trip raised HI']);
    expect(() => story.ask(1, reset)).toThrow('is still so');
    expect(story.say(2, { temperature: 20 })).toEqual([]);
    story.restart(3);
    expect(story.ask(4, reset)).toEqual(['trip cleared HI']);
    expect(story.transitions.at(-1)?.reason).toBe('reset by ana; its condition was over');
  });
});

describe('shelving', () => {
  const rule = { name: 'hot', limits: { hi: { setpoint: 100, ...major } }, ...calm };
  const shelve = {
    ask: 'shelve',
    kind: 'timed',
    deviceId: 'press',
    rule: 'hot',
    by: 'ana',
    milliseconds: 60_000,
  } as const;

  test('a shelved rule raises nothing until its time is over, also after a restart, and both ends are told', () => {
    const story = pressStory(rule);
    expect(story.ask(0, shelve)).toEqual(['hot shelved timed']);
    expect(story.say(1, { temperature: 120 })).toEqual([]);
    story.restart(2);
    expect(story.engine.shelved()).toMatchObject([{ deviceId: 'press', rule: 'hot', by: 'ana' }]);
    expect(story.passUntil(59)).toEqual([]);
    expect(story.passUntil(60)).toEqual(['hot raised HI', 'hot unshelved timed']);
    expect(story.shelvings.map(({ reason }) => reason)).toEqual([
      'shelved by ana for 60 s',
      'its time on the shelf is over',
    ]);
  });

  test('a one-shot ends when the condition came and went', () => {
    const story = pressStory(rule);
    story.ask(0, { ...shelve, kind: 'one-shot' });
    expect(story.say(1, { temperature: 20 })).toEqual([]);
    expect(story.say(2, { temperature: 120 })).toEqual([]);
    expect(story.say(3, { temperature: 20 })).toEqual(['hot unshelved one-shot']);
    expect(story.say(4, { temperature: 120 })).toEqual(['hot raised HI']);
  });

  test('what is taken off the shelf is raised if it is still so', () => {
    const story = pressStory(rule);
    story.ask(0, shelve);
    story.say(1, { temperature: 120 });
    expect(story.ask(2, { ask: 'unshelve', deviceId: 'press', rule: 'hot', by: 'ben' })).toEqual([
      'hot unshelved timed',
    ]);
    expect(story.passUntil(3)).toEqual(['hot raised HI']);
  });

  test('three raises within a minute shelve a rule by itself, which says so, and what is worse is not hidden', () => {
    const story = pressStory({
      name: 'hot',
      limits: { hihi: { setpoint: 150, severity: 'CRITICAL' }, hi: { setpoint: 100, ...major } },
    });
    const said = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((at) =>
      story.say(at * 2, { temperature: at % 2 === 0 ? 120 : 20 }),
    );
    const flap = ['hot raised HI', 'hot cleared HI'];
    expect(said).toEqual([...flap, ...flap, 'hot raised HI', 'hot shelved chatter', 'hot cleared HI']);
    expect(story.shelvings[0]).toMatchObject({
      by: 'gateway',
      reason: 'raised 3 times within 60 s: shelved for 600 s',
      until: storyStart + 8000 + 600_000,
    });
    expect(story.say(20, { temperature: 160 })).toEqual(['hot raised HIHI', 'hot unshelved chatter']);
  });

  test('three raises in more than a minute are no chatter, and leave nothing behind', () => {
    const story = pressStory({ name: 'hot', limits: { hi: { setpoint: 100, ...major } } });
    for (const at of [0, 31, 62]) {
      story.say(at, { temperature: 120 });
      story.say(at + 1, { temperature: 20 });
    }
    expect(story.shelvings).toEqual([]);
    story.say(200, { temperature: 20 });
    expect(story.stored.size).toBe(0);
  });
});

describe('a dead line', () => {
  const silent = {
    name: 'silent',
    version: 1,
    signal: 'level',
    stale: { afterMilliseconds: 10_000, ...major },
  };
  const bus = (many: number) =>
    new AlertStory(
      Array.from(
        { length: many },
        (_, index): DeviceDefinition => ({ id: `tank-${index}`, rules: [silent] }),
      ),
      () => 'bus-1',
    );
  const all = (story: AlertStory, many: number, seconds: number) =>
    Array.from({ length: many }, (_, index) =>
      story.say(seconds + index / 100, { level: 1 }, {}, `tank-${index}`),
    );

  test('is one alert, of the first device, that lists the others', () => {
    const story = bus(40);
    all(story, 40, 0);
    expect(story.passUntil(30)).toEqual(['tank-0 silent raised STALE', 'tank-0 silent updated STALE']);
    expect(story.transitions.at(-1)).toMatchObject({
      number: 2,
      childCount: 39,
      reason: 'nothing is heard on bus-1: this alert stands for 39 more alerts of 39 devices',
    });
    expect(story.transitions.at(-1)?.children?.[0]).toEqual({ deviceId: 'tank-1', rule: 'silent' });
  });

  test('that comes back gives each device its time, and then those that stay away speak for themselves', () => {
    const story = bus(4);
    all(story, 4, 0);
    story.passUntil(30);
    story.restart(31);
    expect(story.engine.active()).toHaveLength(1);
    expect(story.say(40, { level: 1 }, {}, 'tank-0')).toEqual(['tank-0 silent cleared STALE']);
    story.say(41, { level: 1 }, {}, 'tank-1');
    story.say(41, { level: 1 }, {}, 'tank-2');
    const keepTalking = [48, 57, 66, 75].flatMap((at) => [
      ...story.passUntil(at),
      ...['tank-0', 'tank-1', 'tank-2'].flatMap((id) => story.say(at, { level: 1 }, {}, id)),
    ]);
    expect(keepTalking).toEqual(['tank-3 silent raised STALE']);
  });

  test('is not taken for dead where one device alone falls silent, and then another', () => {
    const story = bus(4);
    const said: string[] = [];
    for (let at = 0; at < 90; at += 3) {
      said.push(...story.passUntil(at));
      for (const index of [0, 1, 2, 3]) {
        const isSilent = (index === 1 && at > 10) || (index === 2 && at > 40);
        if (!isSilent) said.push(...story.say(at, { level: 1 }, {}, `tank-${index}`));
      }
    }
    expect(said).toEqual(['tank-1 silent raised STALE', 'tank-2 silent raised STALE']);
  });
});

describe('what is stored', () => {
  test('a window that fills writes its state now and then, and an input that changes at once', () => {
    const story = pressStory({
      name: 'mean',
      window: { aggregate: 'mean', milliseconds: 600_000 },
      limits: { hi: { setpoint: 1000, ...major } },
      inhibitWhen: { formula: 'not running' },
    });
    for (let at = 0; at < 100; at += 1) story.say(at, { temperature: at, running: true });
    expect(story.writes).toBeLessThanOrEqual(12);
    const before = story.writes;
    story.say(100, { running: false });
    expect(story.writes).toBe(before + 1);
  });

  test('a state of the first form is read on, with its open alert and its delays', () => {
    const first = {
      open: null,
      raisedAt: null,
      activeLimits: 0,
      activeCode: 0,
      stale: false,
      timing: {
        signal: 'temperature',
        sourceTime: 5,
        gatewayTime: 6,
        elapsed: 0,
        held: false,
        limitsSince: [-1, 0, -1, -1],
        codeGoneSince: -1,
        candidateCode: 0,
        candidateSince: -1,
        latest: { value: 101, quality: 'GOOD', historical: false },
      },
    };
    expect(parseState(JSON.stringify(first))).toMatchObject({
      shelf: null,
      memory: null,
      timing: { blocked: false, limitsSince: [-1, 0, -1, -1, -1] },
      heard: 'temperature',
    });
  });

  test('a state of the second form is read on: what it was about was heard of', () => {
    const second = {
      form: 2,
      open: null,
      raisedAt: null,
      activeLimits: 2,
      activeCode: 0,
      stale: false,
      timing: null,
      activations: [],
      shelf: null,
      silentSince: 0,
      memory: null,
    };
    expect(parseState(JSON.stringify(second))).toMatchObject({ activeLimits: 2, heard: null });
  });
});

test('the example in the documentation is right', () => {
  const page = readFileSync(new URL('../../docs/how-to/write-alert-rules.md', import.meta.url), 'utf8');
  const example = /## Example: a pump.*?```json\n(.*?)```/s.exec(page)?.[1] ?? '';
  const rules: unknown[] = JSON.parse(example);
  const written = rules.map((rule) => Value.Parse(AlertRule, { version: 1, ...Object(rule) }));
  expect(written).toHaveLength(4);
  expect(written.flatMap((rule) => ruleMistakes(rule, written))).toEqual([]);
});

describe('what makes no sense in a rule', () => {
  const rule = (parts: Partial<AlertRule>): AlertRule => ({ name: 'r', version: 1, signal: 's', ...parts });
  const limits = { hi: { setpoint: 1, ...major } };

  test.each<[Partial<AlertRule>, string]>([
    [{}, ': says nothing: it needs limits, expression, errorCodes, stuck, badQuality or stale'],
    [
      { deviation: { from: 't' }, stale: { afterMilliseconds: 1000, ...major } },
      'deviation: needs limits to be compared with',
    ],
    [
      { limits, deviation: { from: 't' }, window: { aggregate: 'mean', milliseconds: 1000 } },
      'window: cannot stand beside deviation: limits are compared with one number',
    ],
    [{ limits, deviation: { from: 's' } }, 'deviation.from: is the signal itself'],
    [{ expression: { formula: 't >', ...major } }, 'expression.formula: At character 4: it ends too early.'],
    [
      { expression: { formula: 't + 1', ...major } },
      'expression.formula: gives a number and not true or false; compare it with something',
    ],
    [
      { limits, calculation: { formula: 's > 1' } },
      'calculation.formula: gives a boolean, and limits need a number',
    ],
    [{ limits, inhibitWhen: { rule: 'q' } }, 'inhibitWhen.rule: names the rule q, which the device has not'],
    [{ limits, inhibitWhen: { rule: 'r' } }, 'inhibitWhen: the rules wait for each other: r looks at r'],
    [
      { limits, inhibitWhen: { formula: 'u > 1' } },
      'inhibitWhen.formula: names the signal u, which is not there',
    ],
    [
      {
        limits,
        schedule: { timeZone: 'Mars/Base', periods: [{ days: ['MON'], from: '08:00', to: '09:00' }] },
      },
      'schedule.timeZone: Mars/Base is no time zone, such as Europe/Berlin',
    ],
  ])('is named with its place: %j', (parts, expected) => {
    const mistakes = ruleMistakes(rule(parts), [rule(parts)], new Set(['s', 't']));
    expect(mistakes.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([expected]);
  });

  test.each([
    ['1 + ', 'At character 5: it ends too early.'],
    ['a = 1', 'At character 3: compare with ==, not with =.'],
    ['a < b < c', 'At character 7: comparisons do not follow each other; join them with and.'],
    ['sin(a)', 'At character 1: there is no function sin'],
    ['a b', 'At character 3: "b" is too much here.'],
    ['abs(1, 2)', 'At character 1: abs takes 1 values, not 2.'],
    ['active(a)', 'At character 8: active takes the name of a rule'],
    ['a'.repeat(1001), 'At character 1001: a formula has at most 1000 characters.'],
  ])('a formula is refused at the character: %s', (text, message) => {
    expect(() => parseFormula(text)).toThrow(message);
  });

  test.each([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['-(2 - 5) % 2', 1],
    ['min(3, 1, 2) + max(4, 5) + abs(-2) + round(1.4) + sqrt(9)', 12],
    ["if(1 < 2, 'yes', 'no') == 'yes'", true],
    ['not true or 2 > 1 and 1 != 2', true],
    ['1 / 0', undefined],
    ['unheard > 1 or true', true],
    ['unheard > 1 and false', false],
    ['unheard > 1', undefined],
    ["'a' < 1", undefined],
    ["active('r') and quality(s) == 'GOOD'", true],
    ['constructor', undefined],
  ])('%s is computed', (text, value) => {
    const surroundings = {
      signal: () => undefined,
      quality: () => 'GOOD' as const,
      active: (name: string) => name === 'r',
    };
    expect(parseFormula(text).root.compute(surroundings)).toBe(value);
  });
});
