import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, CommandRule, CommandUpdate, Reading, SignalValue } from '@andon/shared/contracts';
import { uuidv7Source } from '@andon/shared/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AttemptResult, CommandRunner } from '../../gateway/commands/index.ts';
import type { Outbox, OutboxOptions } from '../../gateway/outbox/index.ts';
import { runningClock } from '../support/clock.ts';
import { numberedReading, openOutbox, temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

const newId = uuidv7Source();
let folder: ReturnType<typeof temporaryFolder>;
let edge: Edge;

/** The command machine with a device in the test's hand. */
class Edge {
  readonly clock = runningClock();
  readonly outbox: Outbox;
  readonly runner: CommandRunner;
  readonly attempts: string[] = [];
  bootId: string | undefined = 'boot-1';
  device: (command: Command) => Promise<AttemptResult> = async () => ({ status: 'delivered' });
  rules: CommandRule[] = [];
  readonly readings = new Map<string, { reading: Reading; monotonic: number }>();
  /** What somebody has set the clock forward by. */
  clockStep = 0;
  readonly writes: [string, SignalValue][] = [];
  write: (point: string) => void = () => undefined;

  constructor(options: Partial<OutboxOptions> = {}) {
    this.outbox = openOutbox(folder.path, options);
    this.runner = new CommandRunner(this.outbox.database, {
      outbox: this.outbox,
      clock: {
        now: () => this.clock.now() + this.clockStep,
        monotonic: () => this.clock.monotonic(),
      },
      steadyNow: () => this.clock.now(),
      jitter: () => 0,
      device: (deviceId) => (deviceId === 'stranger' ? undefined : { id: deviceId, commands: this.rules }),
      bootId: () => this.bootId,
      attempt: (command) => {
        this.attempts.push(command.name);
        return this.device(command);
      },
      readings: (_deviceId, signal) => this.readings.get(signal),
      write: async (_deviceId, point, value) => {
        this.writes.push([point, value]);
        this.write(point);
      },
    });
  }

  async receive(command: Command): Promise<void> {
    await this.outbox.commit((append) => this.runner.receive(command, append));
    this.runner.wake(command.deviceId);
  }

  /** The machine says so now. */
  reads(signal: string, value: SignalValue, more: Partial<Reading> = {}): void {
    const now = this.clock.now();
    const reading = { ...numberedReading(1), signal, value, sourceTime: now, gatewayTime: now, ...more };
    this.readings.set(signal, { reading, monotonic: this.clock.monotonic() });
  }

  /** As the next poll will, after the step that waits for it has begun. */
  soonReads(signal: string, value: SignalValue): void {
    this.reads(signal, value);
    const heard = this.readings.get(signal);
    if (heard) {
      heard.monotonic += 10_000;
    }
  }

  command(more: Partial<Command> = {}): Command {
    const now = this.clock.now();
    return {
      id: newId(),
      deviceId: 'press-1',
      name: 'beep',
      parameters: {},
      issuedBy: 'test',
      issuedAt: now,
      expiresAt: now + 60_000,
      idempotency: 'once',
      ...more,
    };
  }

  updates(commandId?: string): CommandUpdate[] {
    const records = (this.outbox.batch('alerts', 1000)?.records ?? []).map(({ body }) => JSON.parse(body));
    return records.filter((record) => commandId === undefined || record.commandId === commandId);
  }

  states(commandId?: string): string[] {
    return this.updates(commandId).map(({ state }) => state);
  }

  async ended(command: Command): Promise<CommandUpdate> {
    const finals = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED', 'CANCELLED'];
    return await eventually('the end of the command', () =>
      this.updates(command.id).find(({ state }) => finals.includes(state)),
    );
  }

  async stop(): Promise<void> {
    await this.runner.stop();
    this.outbox.close();
  }
}

/** As after a power cut: the process is gone in the middle of what it did. */
async function restart(prepare: (edge: Edge) => void = () => undefined): Promise<void> {
  await edge.stop();
  edge = new Edge();
  prepare(edge);
  edge.runner.start();
}

beforeEach(() => {
  folder = temporaryFolder();
  edge = new Edge();
});

afterEach(async () => {
  await edge.stop();
  folder.remove();
});

test('A command is told of step by step, and a repeated one never acts twice', async () => {
  const command = edge.command();
  await edge.receive(command);
  await eventually('the device', () => edge.states().includes('EXECUTING'));
  await edge.runner.answer({ deviceId: 'press-1', commandId: command.id, status: 'accepted' });
  await edge.runner.answer({
    deviceId: 'press-1',
    commandId: command.id,
    status: 'succeeded',
    result: { beeps: 3 },
  });
  await edge.receive(command);
  expect(edge.attempts).toEqual(['beep']);
  await restart();
  await edge.receive(command);
  expect(edge.states()).toEqual(['DELIVERED', 'EXECUTING', 'ACCEPTED', 'SUCCEEDED']);
  expect(edge.updates().at(-1)).toMatchObject({ result: { beeps: 3 } });
  expect(edge.attempts).toEqual([]);
});

test('An answer of another device, or to a command that never began, changes nothing', async () => {
  edge.device = () => Promise.reject(new Error('not connected'));
  const command = edge.command();
  await edge.receive(command);
  await edge.runner.answer({ deviceId: 'press-2', commandId: command.id, status: 'succeeded' });
  await edge.runner.answer({ deviceId: 'press-1', commandId: newId(), status: 'succeeded' });
  expect(edge.states()).toEqual(['DELIVERED']);
});

test('A command is held while its device cannot be reached, and done when it can', async () => {
  edge.device = () => Promise.reject(new Error('not connected'));
  const command = edge.command();
  await edge.receive(command);
  await eventually('a first try', () => edge.attempts.length > 0);
  edge.device = async () => ({ status: 'succeeded' });
  edge.runner.wake('press-1');
  await edge.ended(command);
  expect(edge.states()).toEqual(['DELIVERED', 'EXECUTING', 'SUCCEEDED']);
});

test('A command whose device cannot be reached expires, and says why', async () => {
  edge.device = () => Promise.reject(new Error('not connected'));
  const command = edge.command();
  await edge.receive(command);
  await eventually('a first try', () => edge.attempts.length > 0);
  edge.clock.advance(61_000);
  expect(await edge.ended(command)).toMatchObject({
    state: 'EXPIRED',
    reason: expect.stringContaining('not connected'),
  });
});

test('A reboot has succeeded only when another boot id is seen, whatever the device says', async () => {
  edge.device = async () => ({ status: 'succeeded' });
  const command = edge.command({ name: 'reboot', idempotency: 'once' });
  await edge.receive(command);
  await edge.runner.answer({ deviceId: 'press-1', commandId: command.id, status: 'succeeded' });
  edge.runner.wake('press-1');
  await eventually('the reboot', () => edge.states().includes('EXECUTING'));
  expect(edge.states()).toEqual(['DELIVERED', 'EXECUTING']);
  edge.bootId = 'boot-2';
  edge.runner.wake('press-1');
  expect(await edge.ended(command)).toMatchObject({
    state: 'SUCCEEDED',
    bootIdBefore: 'boot-1',
    bootIdAfter: 'boot-2',
  });
});

test('A reboot without a new boot id in time has failed', async () => {
  const command = edge.command({ name: 'reboot' });
  await edge.receive(command);
  await eventually('the reboot', () => edge.states().includes('EXECUTING'));
  edge.clock.advance(61_000);
  edge.runner.wake('press-1');
  expect(await edge.ended(command)).toMatchObject({
    state: 'FAILED',
    reason: expect.stringMatching(/^no-reboot: /),
  });
});

test('A reboot whose device had no boot id before needs two different ones as proof', async () => {
  edge.bootId = undefined;
  const command = edge.command({ name: 'reboot' });
  await edge.receive(command);
  await eventually('the reboot', () => edge.states().includes('EXECUTING'));
  edge.bootId = 'first-seen';
  edge.runner.wake('press-1');
  edge.bootId = 'first-seen';
  await restart((next) => {
    next.bootId = 'first-seen';
  });
  edge.bootId = 'second-seen';
  edge.runner.wake('press-1');
  expect(await edge.ended(command)).toMatchObject({ state: 'SUCCEEDED', bootIdAfter: 'second-seen' });
});

test('A restart in the middle: a reboot still waits for its proof', async () => {
  const command = edge.command({ name: 'reboot' });
  await edge.receive(command);
  await eventually('the reboot', () => edge.states().includes('EXECUTING'));
  await restart((next) => {
    next.bootId = 'boot-2';
  });
  expect(await edge.ended(command)).toMatchObject({ state: 'SUCCEEDED', bootIdBefore: 'boot-1' });
  expect(edge.attempts).toEqual([]);
});

test('A restart in the middle: what may be repeated is done again, what may not has failed as interrupted', async () => {
  const never = () => new Promise<AttemptResult>(() => undefined);
  edge.device = never;
  const again = edge.command({ idempotency: 'idempotent', deviceId: 'press-1' });
  const once = edge.command({ idempotency: 'once', deviceId: 'press-2' });
  const delivered = edge.command({ idempotency: 'once', deviceId: 'press-3' });
  await edge.receive(again);
  await edge.receive(once);
  await eventually('both tries', () => edge.attempts.length === 2);
  edge.device = async () => ({ status: 'delivered' });
  await edge.receive(delivered);
  await eventually('the third', () => edge.states(delivered.id).includes('EXECUTING'));
  await restart((next) => {
    next.device = async () => ({ status: 'succeeded' });
  });
  expect(await edge.ended(again)).toMatchObject({ state: 'SUCCEEDED' });
  for (const command of [once, delivered]) {
    expect(await edge.ended(command)).toMatchObject({
      state: 'FAILED',
      reason: expect.stringMatching(/^interrupted: /),
    });
  }
  expect(edge.attempts).toEqual(['beep']);
});

test('Commands of one device go one after the other, and another device does not wait for them', async () => {
  const first = edge.command({ name: 'first' });
  const second = edge.command({ name: 'second' });
  const other = edge.command({ name: 'other', deviceId: 'press-2' });
  for (const command of [first, second, other]) {
    await edge.receive(command);
  }
  await eventually('the other device', () => edge.states(other.id).includes('EXECUTING'));
  await eventually('the first', () => edge.states(first.id).includes('EXECUTING'));
  expect(edge.attempts.toSorted()).toEqual(['first', 'other']);
  await edge.runner.answer({ deviceId: 'press-1', commandId: first.id, status: 'failed', reason: 'jammed' });
  await eventually('the second', () => edge.states(second.id).includes('EXECUTING'));
  expect(edge.updates(first.id).at(-1)).toMatchObject({ state: 'FAILED', reason: 'jammed' });
});

test('A command is cancelled before it began, and not after', async () => {
  edge.device = () => Promise.reject(new Error('not connected'));
  const waiting = edge.command();
  await edge.receive(waiting);
  await eventually('a first try', () => edge.attempts.length > 0);
  await eventually('the cancellation', async () => {
    await edge.outbox.commit((append) => edge.runner.cancel(waiting.id, append));
    return edge.states(waiting.id).includes('CANCELLED');
  });
  edge.device = async () => ({ status: 'delivered' });
  const begun = edge.command({ deviceId: 'press-2' });
  await edge.receive(begun);
  await eventually('its begin', () => edge.states(begun.id).includes('EXECUTING'));
  await edge.outbox.commit((append) => edge.runner.cancel(begun.id, append));
  expect(edge.states(begun.id)).toEqual(['DELIVERED', 'EXECUTING']);
});

test('The sixth reboot of a device within ten minutes is rejected', async () => {
  for (let count = 1; count <= 5; count += 1) {
    const command = edge.command({ name: 'reboot' });
    await edge.receive(command);
    await eventually('the reboot', () => edge.states(command.id).includes('EXECUTING'));
    edge.bootId = `boot-after-${count}`;
    edge.runner.wake('press-1');
    expect(await edge.ended(command)).toMatchObject({ state: 'SUCCEEDED' });
  }
  const sixth = edge.command({ name: 'reboot' });
  await edge.receive(sixth);
  expect(await edge.ended(sixth)).toMatchObject({
    state: 'REJECTED',
    reason: expect.stringMatching(/^reboot-loop: 5 reboots/),
  });
  edge.clock.advance(11 * 60_000);
  const later = edge.command({ name: 'reboot' });
  await edge.receive(later);
  await eventually('the reboot', () => edge.states(later.id).includes('EXECUTING'));
});

test('What makes no sense is rejected, and what is never answered times out', async () => {
  const stranger = edge.command({ deviceId: 'stranger' });
  const noPoint = edge.command({ name: 'set-point', deviceId: 'press-2', parameters: { value: 1 } });
  const silent = edge.command({ deviceId: 'press-3' });
  for (const command of [stranger, noPoint, silent]) {
    await edge.receive(command);
  }
  expect((await edge.ended(stranger)).reason).toMatch(/^unknown-device: /);
  expect((await edge.ended(noPoint)).reason).toMatch(/^parameters: /);
  await eventually('the silent one', () => edge.states(silent.id).includes('EXECUTING'));
  edge.clock.advance(61_000);
  edge.runner.wake('press-3');
  expect(await edge.ended(silent)).toMatchObject({ state: 'TIMED_OUT' });
});

test('What a device answered while the gateway was being stopped is kept', async () => {
  const answer = Promise.withResolvers<AttemptResult>();
  edge.device = () => answer.promise;
  const command = edge.command();
  await edge.receive(command);
  await eventually('the attempt', () => edge.attempts.length === 1);
  await edge.runner.stop();
  answer.resolve({ status: 'succeeded' });
  expect(await edge.ended(command)).toMatchObject({ state: 'SUCCEEDED' });
});

test('A start on a full disk is no failure: what a restart found with the device is settled when there is room', async () => {
  const command = edge.command();
  await edge.receive(command);
  await eventually('its begin', () => edge.states().includes('EXECUTING'));
  await edge.stop();
  edge = new Edge();
  const { outbox } = edge;
  // No less than it has.
  outbox.database.exec('PRAGMA max_page_count = 1');
  const fill = async (padding: number) => {
    for (;;) {
      await outbox.commit((append) => append('alerts', numberedReading(1, padding)));
    }
  };
  await expect(fill(900)).rejects.toMatchObject({ code: 'outbox.disk-full' });
  await expect(fill(0)).rejects.toMatchObject({ code: 'outbox.disk-full' });
  edge.runner.start();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(edge.states(command.id)).toEqual(['DELIVERED', 'EXECUTING']);
  outbox.database.exec('PRAGMA max_page_count = 1000000');
  edge.runner.wake('press-1');
  expect(await edge.ended(command)).toMatchObject({
    state: 'FAILED',
    reason: expect.stringMatching(/^interrupted: /),
  });
});

test('An outbox that turns out to be damaged ends the work on commands, and not the program', async () => {
  const command = edge.command();
  edge.device = () => Promise.reject(new Error('not connected'));
  await edge.receive(command);
  await eventually('a first try', () => edge.attempts.length > 0);
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  edge.outbox.close();
  edge.runner.wake('press-1');
  edge.runner.wake('press-2');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await edge.runner.stop();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('After its memory was lost, a gateway begins nothing that it may have done before and that may be done only once', async () => {
  await edge.stop();
  writeFileSync(join(folder.path, 'outbox.sqlite'), 'no database'.repeat(1000));
  edge = new Edge();
  await edge.stop();
  edge = new Edge();
  edge.device = async () => ({ status: 'succeeded' });
  const before = edge.command({ deviceId: 'press-1' });
  const reboot = edge.command({ deviceId: 'press-2', name: 'reboot', idempotency: 'idempotent' });
  const repeatable = edge.command({ deviceId: 'press-3', idempotency: 'idempotent' });
  const later = edge.command({ deviceId: 'press-4', issuedAt: edge.clock.now() + 61_000 });
  for (const command of [before, reboot, repeatable, later]) {
    await edge.receive(command);
  }
  for (const forgotten of [before, reboot]) {
    expect(await edge.ended(forgotten)).toMatchObject({
      state: 'FAILED',
      reason: expect.stringMatching(/^interrupted: /),
    });
  }
  for (const command of [repeatable, later]) {
    expect(await edge.ended(command)).toMatchObject({ state: 'SUCCEEDED' });
  }
  expect(edge.attempts).toEqual(['beep', 'beep']);
});

const doorMustBeShut: CommandRule = {
  name: 'start',
  precondition: { formula: "mode == 'automatic'", because: 'only in automatic mode' },
  interlock: { formula: 'door_open', because: 'the door is open' },
};

test('A command is refused where its precondition is not known to be true, with what was seen', async () => {
  edge.rules = [doorMustBeShut];
  edge.reads('door_open', false);
  const unknown = edge.command({ name: 'start' });
  await edge.receive(unknown);
  expect(await edge.ended(unknown)).toMatchObject({
    state: 'REJECTED',
    reason: 'precondition: only in automatic mode (mode not known)',
  });
  edge.reads('mode', 'manual');
  const manual = edge.command({ name: 'start' });
  await edge.receive(manual);
  expect(await edge.ended(manual)).toMatchObject({
    state: 'REJECTED',
    reason: 'precondition: only in automatic mode (mode manual)',
  });
  edge.reads('mode', 'automatic', { quality: 'BAD', value: null, qualityReason: 'timeout' });
  const bad = edge.command({ name: 'start' });
  await edge.receive(bad);
  expect(await edge.ended(bad)).toMatchObject({ reason: expect.stringContaining('mode BAD') });
  for (const late of [{ historical: true }, { sourceTime: edge.clock.now() - 61_000 }]) {
    edge.reads('mode', 'automatic', late);
    const old = edge.command({ name: 'start' });
    await edge.receive(old);
    expect(await edge.ended(old)).toMatchObject({ reason: expect.stringContaining('mode not known') });
  }
  edge.reads('mode', 'automatic');
  edge.clock.advance(61_000);
  edge.clockStep = -3_600_000;
  edge.reads('door_open', false);
  const dead = edge.command({ name: 'start' });
  await edge.receive(dead);
  expect(await edge.ended(dead)).toMatchObject({ reason: expect.stringContaining('mode not known') });
  expect(edge.attempts).toEqual([]);
});

test('An interlock holds a command until it is released, or until the command expires', async () => {
  edge.rules = [doorMustBeShut];
  edge.reads('mode', 'automatic');
  edge.reads('door_open', true);
  const held = edge.command({ name: 'start' });
  await edge.receive(held);
  await eventually('the command', () => edge.states(held.id).includes('DELIVERED'));
  edge.clock.advance(5_000);
  expect(edge.attempts).toEqual([]);
  edge.reads('mode', 'automatic');
  edge.reads('door_open', false);
  await eventually('the device', () => edge.attempts.length === 1);
  await edge.runner.answer({ deviceId: 'press-1', commandId: held.id, status: 'succeeded' });
  edge.reads('door_open', true);
  const expiring = edge.command({ name: 'start' });
  await edge.receive(expiring);
  edge.clock.advance(60_001);
  edge.runner.wake('press-1');
  expect(await edge.ended(expiring)).toMatchObject({
    state: 'EXPIRED',
    reason: expect.stringContaining('interlock: the door is open'),
  });
});

const purge: CommandRule = {
  name: 'purge',
  interlock: { formula: 'door_open' },
  routine: [
    { write: 'valve', value: true },
    { until: 'pressure < 2', withinMilliseconds: 5_000, because: 'the pressure did not fall' },
    { write: 'speed', parameter: 'speed' },
    { pauseMilliseconds: 5 },
    { write: 'valve', value: false },
  ],
};

test('A routine takes its steps one after the other, and looks at what is read meanwhile', async () => {
  edge.rules = [purge];
  edge.reads('door_open', false);
  edge.reads('pressure', 1.5);
  edge.clock.advance(1_000);
  const command = edge.command({ name: 'purge', parameters: { speed: 30 } });
  await edge.receive(command);
  await eventually('the first step', () => edge.states(command.id).includes('EXECUTING'));
  // What was read before the valve opened proves nothing.
  expect(edge.writes).toEqual([['valve', true]]);
  edge.soonReads('pressure', 1.4);
  expect(await edge.ended(command)).toMatchObject({ state: 'SUCCEEDED' });
  expect(edge.writes).toEqual([
    ['valve', true],
    ['speed', 30],
    ['valve', false],
  ]);
  expect(edge.attempts).toEqual([]);
});

test('A routine fails at the step that fails, and stops where its interlock overtakes it', async () => {
  edge.rules = [purge];
  edge.reads('door_open', false);
  const slow = edge.command({ name: 'purge', parameters: { speed: 30 } });
  await edge.receive(slow);
  await eventually('the first step', () => edge.states(slow.id).includes('EXECUTING'));
  edge.soonReads('pressure', 5);
  edge.clock.advance(5_001);
  expect(await edge.ended(slow)).toMatchObject({
    state: 'FAILED',
    reason: 'routine: step 2 of 5 (until): the pressure did not fall: pressure < 2 (pressure 5)',
  });
  const overtaken = edge.command({ name: 'purge', parameters: { speed: 30 } });
  edge.reads('door_open', false);
  await edge.receive(overtaken);
  await eventually('the first step', () => edge.states(overtaken.id).includes('EXECUTING'));
  edge.reads('door_open', true);
  edge.soonReads('pressure', 1);
  expect(await edge.ended(overtaken)).toMatchObject({
    state: 'FAILED',
    reason: expect.stringMatching(/^interlock: door_open \(door_open true.*; stopped before step 3 of 5$/),
  });
  expect(edge.writes.at(-1)).toEqual(['valve', true]);
});

test('A routine whose first step cannot be done is tried again; of a later one it is known that it was begun', async () => {
  edge.rules = [purge];
  edge.reads('door_open', false);
  let refusals = 1;
  edge.write = () => {
    if (refusals > 0) {
      refusals -= 1;
      throw new Error('the line is silent');
    }
  };
  const command = edge.command({ name: 'purge' });
  await edge.receive(command);
  await eventually('the second try', () => edge.writes.length === 2);
  edge.soonReads('pressure', 1);
  expect(await edge.ended(command)).toMatchObject({
    state: 'FAILED',
    reason: expect.stringContaining(
      'step 3 of 5 (write speed): parameters: the routine needs the parameter speed',
    ),
  });
});

test('After a restart in the middle, a routine begins again only where it may be repeated', async () => {
  edge.rules = [purge];
  edge.reads('door_open', false);
  const once = edge.command({ name: 'purge', parameters: { speed: 1 } });
  const again = edge.command({
    name: 'purge',
    deviceId: 'press-2',
    parameters: { speed: 2 },
    idempotency: 'idempotent',
  });
  await edge.receive(once);
  await edge.receive(again);
  for (const command of [once, again]) {
    await eventually('the first step', () => edge.states(command.id).includes('EXECUTING'));
  }
  await restart((next) => {
    next.rules = [purge];
    next.reads('door_open', false);
  });
  expect(await edge.ended(once)).toMatchObject({
    state: 'FAILED',
    reason: expect.stringMatching(/^interrupted/),
  });
  await eventually('the first step again', () => edge.writes.length === 1);
  edge.soonReads('pressure', 1);
  expect(await edge.ended(again)).toMatchObject({ state: 'SUCCEEDED' });
});

test('Setting the clock ends no wait for a reboot, and prolongs none', async () => {
  const forward = edge.command({ name: 'reboot' });
  await edge.receive(forward);
  await eventually('the device', () => edge.states(forward.id).includes('EXECUTING'));
  edge.clockStep = 300_000;
  edge.runner.wake('press-1');
  await edge.outbox.commit(() => undefined);
  edge.bootId = 'boot-2';
  edge.runner.wake('press-1');
  expect(await edge.ended(forward)).toMatchObject({ state: 'SUCCEEDED', bootIdAfter: 'boot-2' });
  edge.clockStep = 0;
  const back = edge.command({ name: 'reboot' });
  await edge.receive(back);
  await eventually('the device', () => edge.states(back.id).includes('EXECUTING'));
  edge.clockStep = -31_536_000_000;
  edge.clock.advance(60_001);
  edge.runner.wake('press-1');
  expect(await edge.ended(back)).toMatchObject({
    state: 'FAILED',
    reason: expect.stringMatching(/^no-reboot/),
  });
});
