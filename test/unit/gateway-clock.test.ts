import { DatabaseSync } from 'node:sqlite';
import { uuidv7Source } from '@andon/shared/kernel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ClockKeeper, ClockWatch, type MachineBoot } from '../../gateway/signals/index.ts';
import { type MachineClock, machineClock } from '../support/clock.ts';
import { numberedReading } from '../support/outbox.ts';

const today = Date.parse('2026-03-02T08:00:00.000Z');
const year = 365 * 86_400_000;
const minute = 60_000;

describe('what the clock is believed', () => {
  test('A clock that says 1970 is not set, until it leaves the steady clock', () => {
    const machine = machineClock(12_000);
    const watch = new ClockWatch(machine);
    expect(watch.state()).toBe('UNSYNCHRONIZED');
    machine.pass(minute);
    expect(watch.state()).toBe('UNSYNCHRONIZED');
    machine.setWall(today);
    expect(watch.state()).toBe('SYNCHRONIZED');
    expect(watch.now()).toBe(today);
  });

  test('A clock behind what was known before is not set, and reaching that time does not make it so', () => {
    const machine = machineClock(today - 3_600_000);
    const watch = new ClockWatch(machine);
    watch.knowPast(today);
    expect(watch.state()).toBe('UNSYNCHRONIZED');
    machine.pass(2 * 3_600_000);
    expect(watch.state()).toBe('UNSYNCHRONIZED');
    machine.setWall(today + year);
    expect(watch.state()).toBe('SYNCHRONIZED');
  });

  test('A few seconds behind what was known is no loss of the clock', () => {
    const machine = machineClock(today - 20_000);
    const watch = new ClockWatch(machine);
    watch.knowPast(today);
    expect(watch.state()).toBe('SYNCHRONIZED');
  });

  test("While it is not set, the cloud's time stands in, counted on by the steady clock", () => {
    const machine = machineClock(12_000);
    const watch = new ClockWatch(machine);
    const steps: number[] = [];
    watch.onChange(({ stepMilliseconds }) => steps.push(stepMilliseconds));
    watch.hearCloud(today);
    machine.pass(1500);
    expect([watch.state(), watch.now()]).toEqual(['CORRECTED', today + 1500]);
    expect(watch.machineTime()).toBe(13_500);
    machine.setWall(today + 2000);
    expect([watch.state(), watch.now()]).toEqual(['SYNCHRONIZED', today + 2000]);
    expect(steps[0]).toBe(today - 12_000);
  });

  test('A cloud that agrees makes a doubted clock a set one; a clock that is set is not corrected by it', () => {
    const machine = machineClock(today - 3_600_000);
    const watch = new ClockWatch(machine);
    watch.knowPast(today);
    watch.hearCloud(machine.now() + 2000);
    expect(watch.state()).toBe('SYNCHRONIZED');
    watch.hearCloud(machine.now() + year);
    expect(watch.now()).toBe(today - 3_600_000);
    expect(watch.skewMilliseconds).toBe(year);
  });

  test('A clock set by a year either way is believed; one that falls back before the program was made is lost', () => {
    const machine = machineClock(today);
    const watch = new ClockWatch(machine);
    for (const to of [today + year, today, today - year + 200 * 86_400_000]) {
      machine.setWall(to);
      expect([watch.state(), watch.now()]).toEqual(['SYNCHRONIZED', to]);
    }
    machine.setWall(0);
    expect(watch.state()).toBe('UNSYNCHRONIZED');
  });
});

describe('what is recorded while the clock is not set', () => {
  let database: DatabaseSync;
  let machine: MachineClock;
  let bootId: string;
  beforeEach(() => {
    database = new DatabaseSync(':memory:');
    machine = machineClock(30_000);
    bootId = 'boot-1';
  });
  afterEach(() => database.close());

  const boot = (): MachineBoot => ({ id: bootId, uptime: () => machine.monotonic() });
  const keep = () => {
    const watch = new ClockWatch(machine);
    return {
      watch,
      keeper: new ClockKeeper({
        watch,
        store: { database, commit: async (work) => work() },
        boot: boot(),
        newId: uuidv7Source(),
      }),
    };
  };
  const reading = (time: number, more: object = {}) => ({
    ...numberedReading(1),
    sourceTime: time,
    gatewayTime: time,
    clockState: 'UNSYNCHRONIZED' as const,
    ...more,
  });
  const deviceTime = today - 5000;

  test("is corrected when it is set, and keeps what the clock had said; the device's own time stays", () => {
    const { keeper, watch } = keep();
    const kept = [reading(watch.now()), reading(watch.now(), { sourceTime: deviceTime })].map((record) =>
      JSON.stringify(keeper.stamp(record)),
    );
    expect(kept.map((body) => JSON.parse(keeper.settle(body)))).toMatchObject([
      { gatewayTime: 30_000, clockState: 'UNSYNCHRONIZED' },
      { sourceTime: deviceTime, clockState: 'UNSYNCHRONIZED' },
    ]);
    machine.pass(minute);
    machine.setWall(today);
    watch.now();
    const [ours, theirs] = kept.map((body) => JSON.parse(keeper.settle(body)));
    const time = today - minute;
    const corrected = { gatewayTime: time, clockState: 'CORRECTED', originalTime: 30_000 };
    expect(ours).toMatchObject({ ...corrected, sourceTime: time });
    expect(theirs).toMatchObject({ ...corrected, sourceTime: deviceTime });
    expect(ours).not.toHaveProperty('clock');
    const later = reading(watch.now(), { clockState: 'SYNCHRONIZED' });
    expect(keeper.stamp(later)).toBeUndefined();
  });

  test('is corrected also after restarts of the gateway, but never after a restart of the machine', async () => {
    const first = keep();
    const body = JSON.stringify(first.keeper.stamp(reading(first.watch.now())));
    await first.keeper.stop();
    machine.pass(minute);
    const second = keep();
    const later = JSON.stringify(second.keeper.stamp(reading(second.watch.now())));
    await second.keeper.stop();
    machine.setWall(today);
    const third = keep();
    expect(JSON.parse(third.keeper.settle(body))).toMatchObject({ gatewayTime: today - minute });
    expect(JSON.parse(third.keeper.settle(later))).toMatchObject({ gatewayTime: today });
    await third.keeper.stop();

    machine.setWall(40_000);
    bootId = 'boot-2';
    const fourth = keep();
    const lost = JSON.stringify(fourth.keeper.stamp(reading(fourth.watch.now())));
    await fourth.keeper.stop();
    bootId = 'boot-3';
    machine.setWall(today + year);
    const fifth = keep();
    expect(JSON.parse(fifth.keeper.settle(lost))).toMatchObject({
      gatewayTime: 40_000,
      clockState: 'UNSYNCHRONIZED',
    });
    await fifth.keeper.stop();
  });

  test('the age of what is kept goes on evenly over steps and restarts', async () => {
    machine.setWall(today);
    const { keeper, watch } = keep();
    const began = keeper.steadyNow();
    machine.setWall(today + year);
    watch.now();
    machine.pass(minute);
    expect(keeper.steadyNow() - began).toBe(minute);
    await keeper.stop();
    machine.pass(minute);
    const { keeper: next } = keep();
    expect(next.steadyNow() - began).toBe(2 * minute);
  });
});
