import { describe, expect, it } from 'vitest';
import {
  type DuePoll,
  deadPolling,
  PollSchedule,
  silenceUntilDeadMilliseconds,
} from '../../gateway/connectors/modbus/poll-schedule.ts';
import { TimeoutBudget } from '../../gateway/connectors/modbus/timeout-budget.ts';

const middle = () => 0.5;
const slave = (...periodsMilliseconds: number[]) => ({ periodsMilliseconds, timeoutMilliseconds: 10 });
const take = (schedule: PollSchedule, now: number): DuePoll => {
  const due = schedule.next(now);
  if (due === undefined) {
    throw new Error(`nobody is due at ${now}`);
  }
  return due;
};

describe('the poll schedule', () => {
  it('serves the earliest deadline first, and keeps each rhythm', () => {
    const schedule = new PollSchedule([slave(100), slave(250)], 0, middle);
    const served: [number, number][] = [];
    for (let now = 0; now <= 500; now += 10) {
      for (let due = schedule.next(now); due !== undefined; due = schedule.next(now)) {
        served.push([now, due.slave]);
        schedule.answered(due, now);
      }
    }
    expect(served.filter(([, index]) => index === 0).map(([now]) => now)).toEqual([
      0, 100, 200, 300, 400, 500,
    ]);
    expect(served.filter(([, index]) => index === 1).map(([now]) => now)).toEqual([0, 250, 500]);
  });

  it('makes one poll of the rates of a slave that fall together', () => {
    const schedule = new PollSchedule([slave(100, 200, Infinity)], 0, middle);
    const polls: [number, readonly number[]][] = [];
    for (let now = 0; now <= 400; now += 50) {
      const due = schedule.next(now);
      if (due !== undefined) {
        polls.push([now, due.rates]);
        schedule.answered(due, now);
      }
    }
    expect(polls).toEqual([
      [0, [0, 1, 2]],
      [100, [0]],
      [200, [0, 1]],
      [300, [0]],
      [400, [0, 1]],
    ]);
    schedule.hastenRate(0, 2, 450);
    expect(schedule.next(450)?.rates).toEqual([2]);
  });

  it('gives nobody twice at the same time', () => {
    const schedule = new PollSchedule([slave(100)], 0, middle);
    const due = take(schedule, 0);
    expect(schedule.next(1000)).toBeUndefined();
    expect(schedule.idleFor(1000)).toBe(Infinity);
    schedule.answered(due, 1000);
    expect(schedule.idleFor(1000)).toBe(100);
  });

  it('leaves out what it could not serve in time, and counts it', () => {
    const schedule = new PollSchedule([slave(100)], 0, middle);
    expect(schedule.answered(take(schedule, 0), 350)).toBe(3);
    expect(schedule.idleFor(350)).toBe(50);
  });

  it('asks a dead slave ever more rarely, and a revived one in its rhythm', () => {
    const schedule = new PollSchedule([slave(100)], 0, middle);
    const waits: number[] = [];
    let now = 0;
    for (let poll = 0; poll < 12; poll += 1) {
      schedule.failed(take(schedule, now), now, 10, now);
      const wait = schedule.idleFor(now);
      waits.push(wait);
      now += wait;
    }
    expect(waits.slice(0, 5)).toEqual([100, 100, 750, 1500, 3000]);
    expect(waits.at(-1)).toBe(deadPolling.capMilliseconds * 0.75);
    expect(schedule.isDead(0)).toBe(true);
    schedule.answered(take(schedule, now), now);
    expect(schedule.isDead(0)).toBe(false);
    expect(schedule.idleFor(now)).toBeLessThanOrEqual(100);
  });

  it('asks again soon a slave that is polled rarely, and so finds its death in seconds', () => {
    const schedule = new PollSchedule([slave(3_600_000)], 0, middle);
    let now = 0;
    while (!schedule.isDead(0)) {
      schedule.failed(take(schedule, now), now, 10, now);
      now += schedule.isDead(0) ? 0 : schedule.idleFor(now);
    }
    expect(now).toBe(2000);
  });

  it('gives a slave up by time where many dead ones leave no time to ask it three times', () => {
    const many = Array.from({ length: 50 }, () => ({ periodsMilliseconds: [100], timeoutMilliseconds: 500 }));
    const schedule = new PollSchedule(many, 0, middle);
    let now = 0;
    let dead = 0;
    while (now < 25_000 + silenceUntilDeadMilliseconds + 1000) {
      dead += schedule.takeSilent(now).length;
      const due = schedule.next(now);
      if (due === undefined) {
        now += Math.max(1, schedule.idleFor(now));
      } else {
        now += 500;
        schedule.failed(due, now, 500, now);
      }
    }
    expect(dead).toBeGreaterThan(40);
    expect(many.every((_, index) => schedule.isDead(index))).toBe(true);
  });
});

describe('the budget of time-outs', () => {
  it('lets so much be spent at once, and then a tenth of the time', () => {
    const budget = new TimeoutBudget(30, 0);
    expect(budget.readyAt(0)).toBe(0);
    budget.spend(30, 0);
    expect(budget.readyAt(0)).toBe(0);
    budget.spend(10, 0);
    expect(budget.readyAt(0)).toBe(100);
    expect(budget.readyAt(40)).toBe(100);
    expect(budget.creditReadyAt(40)).toBe(40);
    budget.spend(0, 1_000_000);
    budget.spend(40, 1_000_000);
    expect(budget.readyAt(1_000_000)).toBe(1_000_100);
  });
});
