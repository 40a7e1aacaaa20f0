import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  isAlive,
  newDataDirectory,
  type OneMachine,
  signIn,
  startOneMachine,
} from '../support/one-machine.ts';
import { eventually } from '../support/wait.ts';

const testMillisecondsMax = 300_000;
const deadlineMilliseconds = 60_000;

const machines: OneMachine[] = [];
const folders: string[] = [];

function newFolder(): string {
  const data = newDataDirectory();
  folders.push(data);
  return data;
}

afterEach(async () => {
  for (const machine of machines.splice(0)) {
    machine.child.kill('SIGTERM');
    await machine.ended;
  }
  for (const data of folders.splice(0)) rmSync(data, { recursive: true, force: true });
});

function start(data: string, environment: Readonly<Record<string, string>> = {}): OneMachine {
  const machine = startOneMachine(data, environment);
  machines.push(machine);
  return machine;
}

type Person = Awaited<ReturnType<typeof signIn>>;

/** Exactly what the story needs, once. */
async function expectProvisionedOnce(person: Person): Promise<void> {
  const names = async (path: string, key: string) =>
    (await person.items(path)).map((item) => item[key]).sort();
  expect(await names('/v1/accounts', 'name')).toEqual(['Ridgeway Foods']);
  expect(await names('/v1/contacts', 'phone')).toEqual(['+12025550143']);
  expect(await names('/v1/gateways', 'id')).toEqual(['line-1']);
  expect(await names('/v1/device-categories', 'id')).toEqual([
    'baking-oven',
    'centrifugal-pump',
    'hydraulic-press',
  ]);
  expect(await names('/v1/assets', 'serialNumber')).toEqual(['BO180-00736', 'CP42-11893', 'HP250-20417']);
  expect(await names('/v1/devices', 'id')).toEqual(['oven-1', 'press-1', 'pump-1']);
}

const allConnected = (person: Person) =>
  eventually(
    'all devices connected',
    async () => (await person.items('/v1/devices')).every(({ connected }) => connected === true),
    deadlineMilliseconds,
  );

async function expectGone(processIds: readonly number[]): Promise<void> {
  await eventually('the parts to end', () => !processIds.some(isAlive), deadlineMilliseconds);
}

describe('npm start', () => {
  it('brings everything up, leaves nothing running when it is killed, and has everything again at the next start', {
    timeout: testMillisecondsMax,
  }, async () => {
    const data = newFolder();
    const first = start(data, { ANDON_ADMIN_EMAIL: 'ada@example.com' });
    const { url, email, password = '' } = await first.ready();
    expect(first.stdout()).toContain('ready');
    expect(email).toBe('ada@example.com');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const person = await signIn(url, email, password);
    await expectProvisionedOnce(person);
    await allConnected(person);
    for (const secret of [
      'gateway/gateway.key',
      'simulator/connections.json',
      'simulator/control.json',
      'lock.db',
    ]) {
      expect(statSync(join(data, secret)).mode & 0o777, secret).toBe(0o600);
    }
    expect(first.stderr()).toBe('');

    const second = start(data);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toMatch(/^Andon is already running .*\n$/);

    const parts = Object.values(first.processes());
    expect(parts).toHaveLength(3);
    first.child.kill('SIGKILL');
    await first.ended;
    const third = start(data);
    const again = await third.ready();
    expect(again.password).toBeUndefined();
    expect(third.stdout()).toContain('reset-password ada@example.com');
    expect(parts.some(isAlive)).toBe(false);
    const samePerson = await signIn(again.url, email, password);
    await expectProvisionedOnce(samePerson);
    await allConnected(samePerson);

    third.child.kill('SIGTERM');
    const partsAgain = Object.values(third.processes());
    expect(await third.ended).toEqual({ code: 0, signal: null });
    await expectGone(partsAgain);
    expect(existsSync(join(data, 'simulator/ports/pump'))).toBe(false);
    expect(existsSync(join(data, 'processes.json'))).toBe(false);
  });

  it('starts a part again that dies, and says so', { timeout: testMillisecondsMax }, async () => {
    const machine = start(newFolder());
    const { url, email, password = '' } = await machine.ready();
    const person = await signIn(url, email, password);
    await allConnected(person);
    for (const name of ['gateway', 'simulator', 'cloud']) {
      const before = machine.processes()[name] ?? 0;
      process.kill(before, 'SIGKILL');
      await eventually(`the line about ${name}`, () => machine.stderr().includes(`${name} ended (SIGKILL)`));
      await eventually(`a new ${name}`, () => machine.processes()[name] !== before);
    }
    await eventually('the console', async () => (await fetch(`${url}/healthz`)).ok, deadlineMilliseconds);
    await eventually(
      'the gateway to be connected again',
      async () => (await person.get('/v1/gateways/line-1')).connected === true,
      deadlineMilliseconds,
    );
    await allConnected(person);
  });

  it('is continued by the next start wherever the first one was killed', {
    timeout: testMillisecondsMax,
  }, async () => {
    const data = newFolder();
    const settings = { ANDON_ADMIN_PASSWORD: 'a long password' };
    const there = (file: string) => existsSync(join(data, file));
    const moments: Record<string, () => boolean> = {
      'while the database is made': () => there('logs/cloud.log'),
      'while the cloud comes up': () => there('postgres/data/PG_VERSION'),
      'when the gateway has its key': () => there('gateway/gateway.key'),
      'when the press has its password': () => there('simulator/connections.json'),
      'when the gateway starts': () => there('logs/gateway.log'),
    };
    for (const [moment, reached] of Object.entries(moments)) {
      const machine = start(data, settings);
      await eventually(moment, reached, deadlineMilliseconds);
      machine.child.kill('SIGKILL');
      await machine.ended;
    }
    const last = start(data, settings);
    const { url, email } = await last.ready();
    const person = await signIn(url, email, 'a long password');
    await expectProvisionedOnce(person);
    await allConnected(person);
  });

  it('starts empty where no demonstration is wanted', { timeout: testMillisecondsMax }, async () => {
    const data = newFolder();
    const machine = start(data, { ANDON_DEMO: '0' });
    const { url, email, password = '' } = await machine.ready();
    const person = await signIn(url, email, password);
    expect(await person.items('/v1/devices')).toEqual([]);
    expect(await person.items('/v1/accounts')).toEqual([]);
    expect(Object.keys(machine.processes()).sort()).toEqual(['cloud', 'gateway']);
    expect(readFileSync(join(data, 'gateway/gateway.yaml'), 'utf8')).not.toContain('pump-1');
    await eventually('the gateway', async () => (await person.get('/v1/gateways/line-1')).connected === true);
  });
});
