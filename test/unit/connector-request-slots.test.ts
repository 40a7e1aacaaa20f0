import { systemClock } from '@andon/shared/kernel';
import { describe, expect, it } from 'vitest';
import { Counters } from '../../gateway/connectors/counters.ts';
import { Bus } from '../../gateway/connectors/modbus/bus.ts';
import type { Ask, Outcome, Transport } from '../../gateway/connectors/modbus/transport.ts';
import { RequestSlots } from '../../gateway/connectors/request-slots.ts';

/** What has begun, in its order, and what ends the one that has begun first and not ended. */
class Uses {
  readonly begun: string[] = [];
  readonly #running: PromiseWithResolvers<void>[] = [];

  readonly begin = (name: string): Promise<void> => {
    this.begun.push(name);
    const running = Promise.withResolvers<void>();
    this.#running.push(running);
    return running.promise;
  };

  get running(): number {
    return this.#running.length;
  }

  /** Ends the oldest and waits for whatever begins then. */
  async endOldest(error?: Error): Promise<void> {
    const oldest = this.#running.shift();
    error === undefined ? oldest?.resolve() : oldest?.reject(error);
    await new Promise(setImmediate);
  }

  async endAll(): Promise<void> {
    while (this.#running.length > 0) await this.endOldest();
  }
}

describe('the turns on a line', () => {
  it('go to what is urgent first, each kind in the order in which it came, and never into what has begun', async () => {
    const slots = new RequestSlots(1);
    const uses = new Uses();
    const asked = [
      ['poll 1', false],
      ['poll 2', false],
      ['command 1', true],
      ['poll 3', false],
      ['command 2', true],
    ] as const;
    const all = asked.map(([name, urgent]) => slots.run(urgent, () => uses.begin(name)));
    await new Promise(setImmediate);
    expect([uses.begun, slots.urgentWaiting]).toEqual([['poll 1'], 2]);
    await uses.endOldest();
    expect(uses.begun).toEqual(['poll 1', 'command 1']);
    await uses.endAll();
    expect(uses.begun).toEqual(['poll 1', 'command 1', 'command 2', 'poll 2', 'poll 3']);
    await Promise.all(all);
  });

  it('are as many at once as the line takes, and one that fails gives its place to the next', async () => {
    const slots = new RequestSlots(2);
    const uses = new Uses();
    const all = ['a', 'b', 'c', 'd'].map((name) => slots.run(false, () => uses.begin(name)));
    await new Promise(setImmediate);
    expect(uses.begun).toEqual(['a', 'b']);
    const failed = expect(all[0]).rejects.toThrow('broken');
    await uses.endOldest(new Error('broken'));
    expect([uses.begun, uses.running]).toEqual([['a', 'b', 'c'], 2]);
    await uses.endAll();
    await failed;
    await Promise.all(all.slice(1));
    // All places are free again.
    const more = ['e', 'f'].map((name) => slots.run(false, () => uses.begin(name)));
    await new Promise(setImmediate);
    expect(uses.running).toBe(2);
    await uses.endAll();
    await Promise.all(more);
  });

  it('of what is urgent can be taken back while it waits, and what is not urgent stays', async () => {
    const slots = new RequestSlots(1);
    const uses = new Uses();
    const running = slots.run(true, () => uses.begin('command 1'));
    const waiting = slots.run(true, () => uses.begin('command 2'));
    const poll = slots.run(false, () => uses.begin('poll'));
    const refused = expect(waiting).rejects.toThrow('stopped');
    slots.cancelUrgent(new Error('stopped'));
    await refused;
    await uses.endOldest();
    expect(uses.begun).toEqual(['command 1', 'poll']);
    await uses.endAll();
    await Promise.all([running, poll]);
  });
});

it('a command goes over a Modbus bus before all polls that wait, and after the one that is under way [I8]', async () => {
  const uses = new Uses();
  const good: Outcome = { failure: 'timeout', sent: true };
  const transport: Transport = {
    inFlightMax: 1,
    transact: ({ unitId }) => uses.begin(`unit ${unitId}`).then(() => good),
    receive: () => undefined,
    lineLost: () => undefined,
  };
  const counters = new Counters();
  const bus = new Bus({ name: 'line', transport, clock: systemClock, counters, measure: undefined });
  const ask = (unitId: number): Ask => ({
    unitId,
    request: { kind: 'read-registers', function: 3, address: 0, quantity: 1 },
    timeoutMilliseconds: 1000,
  });
  const polls = [1, 2, 3].map((unitId) => bus.poll(ask(unitId)));
  const commands = [10, 11].map((unitId) => bus.ahead(ask(unitId)));
  await new Promise(setImmediate);
  await uses.endAll();
  await Promise.all([...polls, ...commands]);
  expect(uses.begun).toEqual(['unit 1', 'unit 10', 'unit 11', 'unit 2', 'unit 3']);
});
