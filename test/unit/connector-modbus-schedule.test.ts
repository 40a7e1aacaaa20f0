import { describe, expect, it } from 'vitest';
import { deadPolling, PollSchedule } from '../../gateway/connectors/modbus/poll-schedule.ts';

const middle = () => 0.5;

describe('the poll schedule', () => {
  it('serves the earliest deadline first, and keeps each rhythm', () => {
    const schedule = new PollSchedule([100, 250], 0, middle);
    const served: [number, number][] = [];
    for (let now = 0; now <= 500; now += 10) {
      for (let index = schedule.next(now); index !== undefined; index = schedule.next(now)) {
        served.push([now, index]);
        schedule.answered(index, now);
      }
    }
    expect(served.filter(([, index]) => index === 0).map(([now]) => now)).toEqual([
      0, 100, 200, 300, 400, 500,
    ]);
    expect(served.filter(([, index]) => index === 1).map(([now]) => now)).toEqual([0, 250, 500]);
  });

  it('leaves out what it could not serve in time, and counts it', () => {
    const schedule = new PollSchedule([100], 0, middle);
    expect(schedule.answered(0, 350)).toBe(3);
    expect(schedule.idleFor(350)).toBe(50);
  });

  it('asks a dead slave ever more rarely, and a revived one in its rhythm', () => {
    const schedule = new PollSchedule([100], 0, middle);
    const waits: number[] = [];
    let now = 0;
    for (let poll = 0; poll < 12; poll += 1) {
      schedule.failed(0, now);
      const wait = schedule.idleFor(now);
      waits.push(wait);
      now += wait;
    }
    expect(waits.slice(0, 5)).toEqual([100, 100, 750, 1500, 3000]);
    expect(waits.at(-1)).toBe(deadPolling.capMilliseconds * 0.75);
    expect(schedule.isDead(0)).toBe(true);
    schedule.answered(0, now);
    expect(schedule.isDead(0)).toBe(false);
    expect(schedule.idleFor(now)).toBe(100);
  });
});
