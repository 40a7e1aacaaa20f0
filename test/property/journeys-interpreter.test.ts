import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  awaitedBy,
  type Effect,
  initialState,
  type JourneyDefinition,
  type RunInput,
  type RunState,
  readDefinition,
} from '../../cloud/journeys/index.ts';

/** Steps of any kind, nested; ids are given afterwards. */
const step = (depth: number): fc.Arbitrary<object> =>
  fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 5 }) }),
    fc.record({
      type: fc.constant('wait-for-trigger'),
      trigger: fc.constantFrom('news', 'other'),
      correlation: fc.constant([{ attribute: 'key', equals: { from: 'trigger.key' } }]),
      timeoutSeconds: fc.integer({ min: 1, max: 5 }),
      onTimeout: fc.constantFrom('continue', { finish: 'nothing came' }),
    }),
    fc.record({
      type: fc.constant('raise-trigger'),
      trigger: fc.constant('raised'),
      attributes: fc.constant({ key: { from: 'trigger.key' }, kind: { constant: 'fixed' } }),
    }),
    fc.constant({
      type: 'send-message',
      channel: 'sms',
      template: 'case-opened',
      purpose: 'transactional',
      values: { number: { from: 'trigger.key' }, link: { constant: 'x' } },
    }),
    ...(depth >= 2
      ? []
      : [
          fc.record({
            type: fc.constant('branch'),
            condition: fc.record({
              attribute: fc.constant('number'),
              operator: fc.constantFrom('>', '<', '='),
              value: fc.integer({ min: 0, max: 4 }),
            }),
            whenMet: fc.array(step(depth + 1), { maxLength: 3 }),
            whenNot: fc.array(step(depth + 1), { maxLength: 3 }),
          }),
        ]),
  );

function withIds(steps: readonly object[], prefix: string): object[] {
  return steps.map((one, index) => {
    const id = `${prefix}${index}`;
    return 'whenMet' in one && 'whenNot' in one
      ? {
          ...one,
          id,
          whenMet: withIds(one.whenMet as object[], `${id}-m`),
          whenNot: withIds(one.whenNot as object[], `${id}-n`),
        }
      : { ...one, id };
  });
}

const definition: fc.Arbitrary<JourneyDefinition> = fc
  .record({ steps: fc.array(step(0), { minLength: 1, maxLength: 5 }), exits: fc.boolean() })
  .map(({ steps, exits }) =>
    readDefinition({
      trigger: 'entry',
      steps: withIds(steps, 's'),
      ...(exits
        ? {
            exitOn: [
              { trigger: 'over', correlation: [{ attribute: 'key', equals: { from: 'trigger.key' } }] },
            ],
          }
        : {}),
    }),
  );

type Move = { run: number; trigger: string | null; key: number; seconds: number };
const moves = fc.array(
  fc.record({
    run: fc.nat(3),
    trigger: fc.constantFrom('news', 'other', 'over', 'raised', null),
    key: fc.nat(3),
    seconds: fc.nat(4),
  }),
  { maxLength: 40 },
);

interface Run {
  state: RunState;
  readonly effects: Effect[];
}

/** Plays moves against a population of runs and gives each run with all that it did. */
function play(
  journey: JourneyDefinition,
  population: number,
  all: readonly Move[],
  onMove: (runs: Run[]) => void,
) {
  let now = 0;
  const runs = Array.from({ length: population }, (_, index): Run => {
    const begun = advance(journey, initialState({ key: `k${index}`, number: index }), { type: 'begin' }, now);
    return { state: begun.state, effects: [...begun.effects] };
  });
  onMove(runs);
  for (const [index, move] of all.entries()) {
    now += move.seconds * 1000;
    const input: RunInput =
      move.trigger === null
        ? { type: 'time' }
        : { type: 'trigger', id: `e${index}`, trigger: move.trigger, attributes: { key: `k${move.key}` } };
    for (const run of runs) {
      const next = advance(journey, run.state, input, now);
      run.state = next.state;
      run.effects.push(...next.effects);
    }
    onMove(runs);
  }
  return runs;
}

describe('the journey interpreter', () => {
  it('holds inflow = in progress + done + exited, for the journey and for each step, whatever happens', () => {
    fc.assert(
      fc.property(definition, moves, fc.integer({ min: 1, max: 5 }), (journey, all, population) => {
        play(journey, population, all, (runs) => {
          const count = (status: RunState['status']) =>
            runs.filter((run) => run.state.status === status).length;
          expect(count('in-progress') + count('done') + count('exited')).toBe(population);
          const entered = new Map<string, number>();
          for (const run of runs) {
            for (const effect of run.effects) {
              if (effect.type === 'step-entered') {
                entered.set(effect.stepId, (entered.get(effect.stepId) ?? 0) + 1);
              } else if (effect.type === 'step-left') {
                entered.set(effect.stepId, (entered.get(effect.stepId) ?? 0) - 1);
              }
            }
          }
          for (const [stepId, inside] of entered) {
            expect(inside).toBe(runs.filter((run) => run.state.at === stepId).length);
          }
        });
      }),
    );
  });

  it('enters no step twice, sends and raises at most once for each step, and is silent after the end', () => {
    fc.assert(
      fc.property(definition, moves, (journey, all) => {
        for (const run of play(journey, 3, all, () => undefined)) {
          const entered = run.effects.flatMap((effect) =>
            effect.type === 'step-entered' ? [effect.stepId] : [],
          );
          expect(new Set(entered).size).toBe(entered.length);
          if (run.state.status !== 'in-progress') {
            expect(awaitedBy(journey, run.state)).toEqual([]);
            expect(advance(journey, run.state, { type: 'time' }, 9e12).effects).toEqual([]);
          }
        }
      }),
    );
  });

  it('does the same after its state was stored and read back', () => {
    fc.assert(
      fc.property(definition, moves, (journey, all) => {
        const [direct] = play(journey, 1, all, () => undefined);
        const [stored] = play(journey, 1, all, (runs) => {
          for (const run of runs) {
            run.state = JSON.parse(JSON.stringify(run.state));
          }
        });
        expect(stored).toEqual(direct);
      }),
    );
  });

  it('ends every run once all its times are over', () => {
    fc.assert(
      fc.property(definition, (journey) => {
        const late = Array.from({ length: 60 }, () => ({ run: 0, trigger: null, key: 0, seconds: 10 }));
        const [run] = play(journey, 1, late, () => undefined);
        expect(run?.state.status).toBe('done');
      }),
    );
  });

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(definition, (journey) => {
        expect(readDefinition(JSON.parse(JSON.stringify(journey)))).toEqual(journey);
      }),
    );
  });
});

describe('the steps of the interpreter', () => {
  const journey = (steps: readonly object[], exitOn?: object[]): JourneyDefinition =>
    readDefinition({ trigger: 'entry', steps, ...(exitOn ? { exitOn } : {}) });
  const waiting = {
    id: 'case',
    type: 'wait-for-trigger',
    trigger: 'case-opened',
    correlation: [{ attribute: 'alertId', equals: { from: 'trigger.alertId' } }],
    timeoutSeconds: 60,
    onTimeout: { finish: 'no case needed' },
  };
  const begin = (definitionOfJourney: JourneyDefinition, attributes: Record<string, string | number>) =>
    advance(definitionOfJourney, initialState(attributes), { type: 'begin' }, 0);
  const came = (alertId: string): RunInput => ({
    type: 'trigger',
    id: 'e1',
    trigger: 'case-opened',
    attributes: { alertId, number: 'CAS-000001' },
  });

  it('takes only the trigger that belongs to the run, and hands its attributes to the steps after', () => {
    const definitionOfJourney = journey([
      waiting,
      {
        id: 'tell',
        type: 'send-message',
        channel: 'sms',
        template: 'case-opened',
        purpose: 'transactional',
        values: { number: { from: 'steps.case.number' }, link: { constant: 'x' } },
      },
    ]);
    const begun = begin(definitionOfJourney, { alertId: 'a1' });
    expect(begun.state.at).toBe('case');
    expect(advance(definitionOfJourney, begun.state, came('a2'), 1).state).toBe(begun.state);
    const done = advance(definitionOfJourney, begun.state, came('a1'), 1);
    expect(done.state).toMatchObject({ status: 'done', at: null, taken: ['e1'] });
    expect(done.effects).toContainEqual(
      expect.objectContaining({ type: 'send-message', values: { number: 'CAS-000001', link: 'x' } }),
    );
  });

  it('finishes for the reason given when nothing came in time, and not a moment before', () => {
    const definitionOfJourney = journey([waiting]);
    const begun = begin(definitionOfJourney, { alertId: 'a1' });
    expect(advance(definitionOfJourney, begun.state, { type: 'time' }, 59_999).state).toBe(begun.state);
    expect(advance(definitionOfJourney, begun.state, { type: 'time' }, 60_000).state).toMatchObject({
      status: 'done',
      reason: 'no case needed',
    });
  });

  it('exits on a trigger of its own, and on nobody else’s', () => {
    const definitionOfJourney = journey(
      [waiting],
      [
        {
          trigger: 'remedied',
          correlation: [{ attribute: 'alertId', equals: { from: 'trigger.alertId' } }],
          reason: 'remedied',
        },
      ],
    );
    const begun = begin(definitionOfJourney, { alertId: 'a1' });
    const over = (alertId: string): RunInput => ({
      type: 'trigger',
      id: 'x',
      trigger: 'remedied',
      attributes: { alertId },
    });
    expect(advance(definitionOfJourney, begun.state, over('a2'), 1).state).toBe(begun.state);
    expect(advance(definitionOfJourney, begun.state, over('a1'), 1).state).toMatchObject({
      status: 'exited',
      reason: 'remedied',
    });
  });

  it.each([
    [{ steps: [] }, 'definition.trigger'],
    [{ trigger: 'x', steps: [{ id: 'a', type: 'fly' }] }, 'definition.steps.0.type'],
    [{ trigger: 'x', steps: [{ id: 'a', type: 'wait' }] }, 'definition.steps.0.seconds'],
    [{ trigger: 'x', steps: [{ id: 'a', type: 'wait', seconds: 1, extra: 1 }] }, 'definition.steps.0.extra'],
    [
      {
        trigger: 'x',
        entryCondition: { attribute: 'a', operator: '>' },
        steps: [{ id: 'a', type: 'wait', seconds: 1 }],
      },
      'definition.entryCondition.value',
    ],
  ])('names the field that is wrong (%#)', (input, field) => {
    expect(() => readDefinition(input)).toThrow(expect.objectContaining({ field }));
  });
});
