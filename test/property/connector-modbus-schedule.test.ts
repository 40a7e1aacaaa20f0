import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failuresUntilDead, PollSchedule } from '../../gateway/connectors/modbus/poll-schedule.ts';
import { timeoutShareMax } from '../../gateway/connectors/modbus/timeout-budget.ts';

const answerMilliseconds = 5;
const spanMilliseconds = 600_000;

type Health = 'well' | 'dead' | 'flaky';

/** A bus of which each slave answers always, never, or now and then; gives what its time went to. */
function simulate(
  slaves: readonly { readonly health: Health; readonly period: number; readonly timeout: number }[],
  random: () => number,
) {
  const schedule = new PollSchedule(
    slaves.map(({ period, timeout }) => ({ periodsMilliseconds: [period], timeoutMilliseconds: timeout })),
    0,
    random,
  );
  const longestWait = slaves.map(() => 0);
  const answeredAt = slaves.map(() => 0);
  let timeouts = 0;
  let now = 0;
  while (now < spanMilliseconds) {
    schedule.takeSilent(now);
    const due = schedule.next(now);
    const slave = due && slaves[due.slave];
    if (due === undefined || slave === undefined) {
      now += Math.max(0.001, schedule.idleFor(now));
      continue;
    }
    if (slave.health === 'well' || (slave.health === 'flaky' && random() < 0.5)) {
      now += answerMilliseconds;
      schedule.answered(due, now);
      longestWait[due.slave] = Math.max(longestWait[due.slave] ?? 0, now - (answeredAt[due.slave] ?? 0));
      answeredAt[due.slave] = now;
    } else {
      now += slave.timeout;
      timeouts += slave.timeout;
      schedule.failed(due, now, slave.timeout, now + slave.timeout);
    }
  }
  return { timeouts, longestWait };
}

const slave = (health: fc.Arbitrary<Health>) =>
  fc.record({
    health,
    period: fc.integer({ min: 200, max: 5000 }),
    timeout: fc.integer({ min: 20, max: 2000 }),
  });

describe('the poll schedule', () => {
  it('gives time-outs a tenth of the bus at most, however many slaves are dead or answer now and then', () => {
    const any = fc.constantFrom<Health>('well', 'dead', 'flaky');
    fc.assert(
      fc.property(
        fc.array(slave(any), { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (slaves, numbers) => {
          const random = () => numbers.next().value ?? 0.5;
          const { timeouts } = simulate(slaves, random);
          const longest = Math.max(...slaves.map(({ timeout }) => timeout));
          const all = slaves.reduce((sum, { timeout }) => sum + timeout, 0);
          // What may be spent at once, the same on credit, and two time-outs of each slave come on top once.
          const atOnce = 2 * failuresUntilDead * longest + 2 * all;
          expect(timeouts).toBeLessThanOrEqual(timeoutShareMax * (spanMilliseconds + atOnce) + atOnce);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets a healthy slave wait for one time-out of each other slave at most', () => {
    const others = fc.array(slave(fc.constantFrom<Health>('dead', 'flaky')), { maxLength: 10 });
    fc.assert(
      fc.property(others, fc.integer({ min: 200, max: 1000 }), (sick, period) => {
        const well = { health: 'well' as const, period, timeout: 100 };
        let turn = 0;
        const random = () => {
          turn += 1;
          return ((turn * 7919) % 1000) / 1000;
        };
        const { longestWait } = simulate([well, ...sick], random);
        const onceEach = sick.reduce((sum, { timeout }) => sum + timeout + answerMilliseconds, 0);
        expect(longestWait[0]).toBeLessThanOrEqual(2 * period + onceEach + answerMilliseconds);
      }),
      { numRuns: 60 },
    );
  });
});
