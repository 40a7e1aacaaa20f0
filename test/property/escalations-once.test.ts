import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EscalationRule } from '../../cloud/devices/index.ts';
import { decide, type Episode, type EpisodeEvent, newEpisode } from '../../cloud/escalations/episode.ts';

/** Does what the shell does, and counts it. */
class Shell {
  episode: Episode;
  now = 0;
  remedies = 0;
  cases = 0;
  workOrders = 0;
  private looks = 0;
  readonly told: string[] = [];
  private readonly refusesRemedy: boolean;

  constructor(episode: Episode, refusesRemedy: boolean) {
    this.episode = episode;
    this.refusesRemedy = refusesRemedy;
  }

  deliver(event: EpisodeEvent): void {
    const { episode, actions } = decide(this.episode, event, this.now);
    this.episode = episode;
    for (const action of actions) {
      if (action.type === 'issue-remedy' && this.refusesRemedy) {
        this.deliver({ type: 'remedy-refused', reason: 'queue-full' });
      } else if (action.type === 'issue-remedy') {
        this.remedies += 1;
        const commandId = `command-${this.remedies}`;
        this.deliver({ type: 'remedy-issued', commandId, expiresAt: this.now + 120_000 });
      } else if (action.type === 'judge-backlog') {
        this.looks += 1;
        this.deliver({
          type: 'backlog-judged',
          judgement: this.looks % 3 === 0 ? 'present' : 'still-coming',
        });
      } else if (action.type === 'open-case') {
        this.cases += 1;
        this.deliver({ type: 'case-opened', caseId: 'the-case', workOrderId: null });
      } else if (action.type === 'open-work-order') {
        this.workOrders += 1;
        this.deliver({ type: 'work-order-opened', workOrderId: 'the-work-order' });
      } else if (action.type === 'tell') {
        this.told.push(action.step);
      }
    }
  }
}

const rules: fc.Arbitrary<EscalationRule> = fc.record(
  {
    when: fc.constant({}),
    remedies: fc.array(
      fc.record(
        {
          command: fc.constantFrom('reboot', 'reset'),
          times: fc.integer({ min: 1, max: 3 }),
          expiresInSeconds: fc.constant(120),
          waitSeconds: fc.integer({ min: 0, max: 90 }),
        },
        { requiredKeys: ['command', 'times', 'expiresInSeconds'] },
      ),
      { maxLength: 2 },
    ),
    verify: fc.record({
      clearForSeconds: fc.integer({ min: 0, max: 20 }),
      withinSeconds: fc.integer({ min: 1, max: 60 }),
    }),
    otherwise: fc.constantFrom(
      'case' as const,
      'work-order' as const,
      'case-and-work-order' as const,
      'none' as const,
    ),
  },
  { requiredKeys: ['when', 'remedies', 'otherwise'] },
);

const tellings = fc.constantFrom('now' as const, 'late' as const, 'over' as const);
const alertId = fc.constantFrom('alert-1', 'alert-2', 'alert-3');
const commandId = fc.constantFrom('command-1', 'command-2', 'command-3', 'command-4');
const events: fc.Arbitrary<EpisodeEvent> = fc.oneof(
  fc.record({ type: fc.constant('begun' as const), byHand: fc.boolean(), told: tellings }),
  fc.record({ type: fc.constant('alert-raised' as const), alertId, isLate: fc.boolean() }),
  fc.record({
    type: fc.constant('alert-cleared' as const),
    alertId,
    by: fc.oneof(
      fc.record({ goodAt: fc.integer({ min: 0, max: 400_000 }) }),
      fc.constantFrom('nothing-measured' as const, 'successor' as const),
    ),
  }),
  fc.record({
    type: fc.constant('remedy-begun' as const),
    commandId,
    at: fc.integer({ min: 0, max: 400_000 }),
  }),
  fc.record({
    type: fc.constant('remedy-ended' as const),
    commandId,
    succeeded: fc.boolean(),
    at: fc.option(fc.integer({ min: 0, max: 400_000 })),
    isUnbegun: fc.boolean(),
    reason: fc.constant('x'),
  }),
  fc.record({
    type: fc.constant('case-requested' as const),
    priority: fc.constantFrom('critical' as const, 'low' as const),
    byHand: fc.boolean(),
  }),
  fc.record({ type: fc.constant('case-closed' as const), caseId: fc.constant('the-case') }),
  fc.record({
    type: fc.constant('remedy-requested' as const),
    remedy: fc.record({
      command: fc.constant('reset'),
      times: fc.constant(1),
      expiresInSeconds: fc.constant(60),
    }),
  }),
  fc.record({
    type: fc.constant('work-order-ended' as const),
    workOrderId: fc.constant('the-work-order'),
    completed: fc.boolean(),
  }),
  fc.record({ type: fc.constant('time-passed' as const) }),
);
/** Late alerts alone, each of which clears sooner than its data are of the present. */
const pasts = fc.array(
  fc.record({ alertId, isOver: fc.boolean(), after: fc.integer({ min: 0, max: 9_000 }) }),
  {
    maxLength: 30,
  },
);
const deliveries = fc.array(
  fc.record({
    event: events,
    times: fc.integer({ min: 1, max: 3 }),
    after: fc.integer({ min: 0, max: 90_000 }),
  }),
  { maxLength: 40 },
);

function timesOf(rule: EscalationRule | null): number {
  return (rule?.remedies ?? []).reduce((sum, { times }) => sum + times, 0);
}

describe('a fault episode', () => {
  test('has one case at most and remedies as often as its policy says, and ends, whatever is delivered', () => {
    fc.assert(
      fc.property(
        fc.option(rules),
        fc.boolean(),
        fc.boolean(),
        tellings,
        deliveries,
        (rule, wanted, refusesRemedy, told, sequence) => {
          const shell = new Shell(
            newEpisode({
              rule,
              wantedPriority: wanted ? 'critical' : null,
              alerts: { 'alert-1': 'active' },
            }),
            refusesRemedy,
          );
          shell.deliver({ type: 'begun', byHand: false, told });
          for (const { event, times, after } of sequence) {
            shell.now += after;
            const wasOver = shell.episode.closedAt !== null;
            for (let time = 0; time < times; time += 1) {
              shell.deliver(event);
            }
            expect(wasOver && shell.episode.closedAt === null).toBe(false);
          }
          // Time passes, and nothing else happens any more.
          for (let rounds = 0; shell.episode.dueAt !== null; rounds += 1) {
            expect(rounds).toBeLessThan(60);
            shell.now = Math.max(shell.now, shell.episode.dueAt);
            shell.deliver({ type: 'time-passed' });
          }
          expect(['remedied', 'unremedied', 'case-opened', 'work-order-opened']).toContain(
            shell.episode.state,
          );
          const byHand = sequence.filter(({ event }) => event.type === 'remedy-requested');
          const asked = byHand.reduce((sum, { times }) => sum + times, 0);
          expect(shell.remedies).toBeLessThanOrEqual(timesOf(rule) + asked);
          expect(shell.told.filter((step) => step === 'case-opened').length).toBeLessThanOrEqual(1);
          expect(shell.told.filter((step) => step === 'started')).toHaveLength(1);
          expect(shell.cases).toBeLessThanOrEqual(1);
          expect(shell.workOrders).toBeLessThanOrEqual(1);
          expect(shell.episode.state === 'case-opened').toBe(shell.cases === 1);
          expect(shell.episode.workOrderId !== null).toBe(shell.workOrders === 1);
          if (shell.told.includes('remedied') && shell.remedies > 0) {
            const isProof = ({ event }: (typeof sequence)[number]) =>
              event.type === 'alert-cleared' && typeof event.by === 'object';
            expect(sequence.some(isProof)).toBe(true);
            expect(
              sequence.some(
                ({ event }) => event.type === 'remedy-ended' && event.succeeded && !refusesRemedy,
              ),
            ).toBe(true);
          }
          if (shell.episode.state === 'unremedied') {
            expect(shell.episode.wantedPriority).toBeNull();
            expect(rule?.otherwise ?? 'none').toBe('none');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('that is told late and clears before its data are of the present has no remedy and no case', () => {
    fc.assert(
      fc.property(rules, fc.boolean(), pasts, (rule, wanted, past) => {
        let episode = newEpisode({
          rule,
          wantedPriority: wanted ? 'critical' : null,
          alerts: { 'alert-1': 'active' },
        });
        let now = 0;
        const acted: string[] = [];
        const deliver = (event: EpisodeEvent): void => {
          const decision = decide(episode, event, now);
          episode = decision.episode;
          for (const action of decision.actions) {
            acted.push(action.type);
            if (action.type === 'judge-backlog') {
              deliver({ type: 'backlog-judged', judgement: 'still-coming' });
            }
          }
        };
        deliver({ type: 'begun', byHand: false, told: 'late' });
        for (const step of past) {
          now += step.after;
          deliver({ type: 'time-passed' });
          deliver(
            step.isOver
              ? { type: 'alert-cleared', alertId: step.alertId, by: { goodAt: now } }
              : { type: 'alert-raised', alertId: step.alertId, isLate: true },
          );
          deliver({ type: 'case-requested', priority: 'critical', byHand: false });
        }
        for (const id of ['alert-1', 'alert-2', 'alert-3']) {
          deliver({ type: 'alert-cleared', alertId: id, by: { goodAt: now } });
        }
        expect(acted).not.toContain('issue-remedy');
        expect(acted).not.toContain('open-case');
        expect(episode).toMatchObject({ state: 'remedied', dueAt: null });
      }),
      { numRuns: 500 },
    );
  });

  test('does the same when every delivery is repeated at once', () => {
    fc.assert(
      fc.property(rules, tellings, deliveries, (rule, told, sequence) => {
        const run = (repeat: number) => {
          const shell = new Shell(
            newEpisode({ rule, wantedPriority: null, alerts: { 'alert-1': 'active' } }),
            false,
          );
          shell.deliver({ type: 'begun', byHand: false, told });
          for (const { event, after } of sequence) {
            shell.now += after;
            for (let time = 0; time < repeat; time += 1) {
              shell.deliver(event);
            }
          }
          return { told: shell.told, state: shell.episode.state };
        };
        expect(run(2)).toEqual(run(1));
      }),
      { numRuns: 500 },
    );
  });
});
