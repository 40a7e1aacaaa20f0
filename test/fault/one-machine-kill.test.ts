import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { newDataDirectory, type OneMachine, signIn, startOneMachine } from '../support/one-machine.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { seededRandom } from '../support/seed.ts';
import { eventually } from '../support/wait.ts';

const repository = new URL('../..', import.meta.url).pathname;
const connectedMilliseconds = 60_000;
const administrator = { email: 'ada@example.com', password: 'a long enough password' };
const settings = {
  ANDON_ADMIN_EMAIL: administrator.email,
  ANDON_ADMIN_PASSWORD: administrator.password,
};

const machines: OneMachine[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const machine of machines.splice(0)) await killEverything(machine);
  for (const folder of folders.splice(0)) {
    const pointers = [
      join(folder, 'postgres-location'),
      join(folder, 'andon', '.andon', 'postgres-location'),
    ];
    for (const pointer of pointers.filter(existsSync)) {
      rmSync(readFileSync(pointer, 'utf8').trim(), { recursive: true, force: true });
    }
    rmSync(folder, { recursive: true, force: true });
  }
});

function start(data: string, command?: readonly string[], environment = {}): OneMachine {
  const machine = startOneMachine(data, { ...settings, ...environment }, command);
  machines.push(machine);
  return machine;
}

interface ProcessEntry {
  readonly id: number;
  readonly parent: number;
}

function processEntries(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // After the name in parentheses, which may hold anything: state and parent.
        const [, parent = ''] =
          readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return [{ id: Number(name), parent: Number(parent) }];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}

/** A process with all that came from it: supervisor, parts, database server and its backends. */
function familyOf(root: number, entries = processEntries()): number[] {
  const children = entries.filter(({ parent }) => parent === root).map(({ id }) => id);
  return [root, ...children.flatMap((child) => familyOf(child, entries))];
}

/** SIGKILL to all of it at once; gives how many processes those were. */
async function killEverything({ child, ended }: OneMachine): Promise<number> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return 0;
  const family = familyOf(child.pid);
  for (const id of family) {
    try {
      process.kill(id, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
  await ended;
  return family.length;
}

type Person = Awaited<ReturnType<typeof signIn>>;

async function readyPerson(machine: OneMachine): Promise<Person> {
  const { url } = await machine.ready();
  return signIn(url, administrator.email, administrator.password);
}

async function allConnected(person: Person): Promise<void> {
  await eventually(
    'all three devices to be connected',
    async () => {
      const devices = await person.items('/v1/devices');
      return devices.length === 3 && devices.every(({ connected }) => connected === true);
    },
    connectedMilliseconds,
  );
}

test('Everything is killed at once, the database too, again and again: the next start recovers by itself, and all is still there', async () => {
  const random = seededRandom('one machine');
  const data = newDataDirectory();
  folders.push(data);
  let machine = start(data);
  let person = await readyPerson(machine);
  await allConnected(person);
  const accountId = (await person.items('/v1/accounts'))[0]?.id;
  for (const name of ['Ada', 'Bea', 'Cy']) {
    const { status } = await person.call('POST', '/v1/contacts', {
      accountId,
      fullName: name,
      email: `${name.toLowerCase()}@example.com`,
      language: 'en',
      primary: false,
    });
    expect(status).toBe(201);
    expect(await killEverything(machine)).toBeGreaterThan(8);
    // One that is killed before it is ready, at some point on its way.
    const unlucky = start(data);
    const logged = 1 + Math.floor(random() * 6);
    const lines = () => readFileSync(join(data, 'logs', 'cloud.log'), 'utf8').split('\n').length;
    const before = lines();
    await eventually(
      'it to be on its way',
      () => lines() >= before + logged || /ready/.test(unlucky.stdout()),
      60_000,
    );
    await killEverything(unlucky);
    machine = start(data);
    person = await readyPerson(machine);
    const contacts = await person.items('/v1/contacts');
    expect(contacts.map(({ fullName }) => fullName)).toContain(name);
  }
  await allConnected(person);
  expect(await person.items('/v1/contacts')).toHaveLength(4);
  expect(await person.items('/v1/gateways')).toHaveLength(1);
  machine.child.kill('SIGTERM');
  expect(await machine.ended).toEqual({ code: 0, signal: null });
  expect(familyOf(machine.child.pid ?? 0)).toHaveLength(1);
});

/** A checkout in a home folder that nobody but its owner may enter. */
function closedHome(owner: number, group: number): { home: string; checkout: string; command: string[] } {
  const home = mkdtempSync(join(tmpdir(), 'andon-home-'));
  folders.push(home);
  const checkout = join(home, 'andon');
  mkdirSync(checkout);
  for (const part of ['package.json', 'shared', 'gateway', 'cloud', 'device-firmware-sim', 'node_modules']) {
    // Links, not copies: nothing is written there.
    execFileSync('cp', ['-al', join(repository, part), checkout]);
  }
  for (const folder of [checkout, home]) {
    chownSync(folder, owner, group);
    chmodSync(folder, 0o700);
  }
  const node = join(checkout, 'node_modules', 'node', 'bin', 'node');
  return { home, checkout, command: [node, join(checkout, 'cloud', 'one-machine', 'main.ts')] };
}

describeRequiring(
  'from a checkout in a closed home folder',
  { root: userInfo().uid === 0, setpriv: hasProgram('setpriv') },
  () => {
    test('root starts it, it is killed whole, and starts again', async () => {
      const { home, checkout, command } = closedHome(0, 0);
      const data = join(checkout, '.andon');
      const environment = { HOME: home };
      const first = start(data, command, environment);
      await allConnected(await readyPerson(first));
      const inside = (id: number) => existsSync(`/proc/${id}`) && statSync(`/proc/${id}`).uid;
      const users = new Set(familyOf(first.child.pid ?? 0).map(inside));
      expect(users.size).toBe(2);
      await killEverything(first);
      const second = start(data, command, environment);
      const person = await readyPerson(second);
      await allConnected(person);
      expect(await person.items('/v1/accounts')).toHaveLength(1);
      second.child.kill('SIGTERM');
      expect(await second.ended).toEqual({ code: 0, signal: null });
    });

    test('an ordinary user starts it, it is killed whole, and starts again', async () => {
      const nobody = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
      const group = Number(execFileSync('id', ['-g', 'nobody'], { encoding: 'utf8' }));
      const { home, checkout, command } = closedHome(nobody, group);
      const asNobody = [
        'setpriv',
        `--reuid=${nobody}`,
        `--regid=${group}`,
        '--clear-groups',
        '--',
        ...command,
      ];
      const data = join(checkout, '.andon');
      const environment = { HOME: home };
      const first = start(data, asNobody, environment);
      await allConnected(await readyPerson(first));
      await killEverything(first);
      const second = start(data, asNobody, environment);
      const person = await readyPerson(second);
      await allConnected(person);
      expect(await person.items('/v1/accounts')).toHaveLength(1);
      second.child.kill('SIGTERM');
      expect(await second.ended).toEqual({ code: 0, signal: null });
    });

    test('a user without a name, as containers have them, is told in one line what PostgreSQL wants', async () => {
      const nameless = 54_321;
      const { home, checkout, command } = closedHome(nameless, nameless);
      const asNameless = ['setpriv', `--reuid=${nameless}`, `--regid=${nameless}`, '--clear-groups', '--'];
      const machine = start(join(checkout, '.andon'), [...asNameless, ...command], { HOME: home });
      expect(await machine.ended).toEqual({ code: 1, signal: null });
      expect(machine.stderr()).toMatch(/^cloud ended .*The user 54321 has no name on this machine.*\n$/);
    });
  },
);
