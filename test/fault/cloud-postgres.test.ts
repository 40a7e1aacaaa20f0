import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signIn } from '../support/app.ts';
import { createClient } from '../support/http-client.ts';
import { CloudProgram, dataFolder, isServerOf } from '../support/processes.ts';
import { seededRandom } from '../support/seed.ts';
import { eventually } from '../support/wait.ts';

const administrator = { email: 'admin@andon.local', password: 'a long password of a test' };
const main = new URL('../../cloud/main.ts', import.meta.url).pathname;

/** Runs the cloud as a person would at a terminal, to its end. */
function runCloud(
  parameters: string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...parameters], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        output += text.toString('utf8');
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Everything that the live stream says. */
async function watch(cloud: CloudProgram): Promise<{ text: string; close: () => void }> {
  const controller = new AbortController();
  const response = await fetch(`${cloud.url}/v1/live`, {
    headers: cloud.api.headers,
    signal: controller.signal,
  });
  const watcher = { text: '', close: () => controller.abort() };
  const read = async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      watcher.text += chunk;
    }
  };
  read().catch((error: unknown) => {
    watcher.text += `\n${String(error)}`;
  });
  return watcher;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the cloud and its embedded PostgreSQL', () => {
  let folder: string;
  let cloud: CloudProgram;
  beforeEach(async () => {
    folder = dataFolder();
    cloud = new CloudProgram(join(folder, 'cloud'), {
      ANDON_ADMIN_EMAIL: administrator.email,
      ANDON_ADMIN_PASSWORD: administrator.password,
    });
    await cloud.start();
  });
  afterEach(async () => {
    await cloud.stop();
    await cloud.clean();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A program with a person's key: the one of a start goes with its process, and takes those made with it along. */
  const createProgram = async () => {
    const person = await signIn(cloud.url, administrator.email, administrator.password);
    const { body } = await person.post('/v1/api-keys', { name: 'writer', role: 'administrator' });
    return () => createClient(cloud.url, { authorization: `Bearer ${body.key}` });
  };

  /** Writes accounts until told to stop, each until it is acknowledged; gives the names that were. */
  async function startWriters(count: number) {
    const program = await createProgram();
    let stopped = false;
    const acknowledged: string[] = [];
    const answers = new Map<string, number>();
    const writeOne = async (name: string): Promise<void> => {
      for (;;) {
        const answer = await program()
          .post('/v1/accounts', { name }, { 'idempotency-key': `key of ${name}` })
          .catch(() => undefined);
        const kind =
          answer === undefined ? 'no answer' : `${answer.status} ${answer.body?.code ?? ''}`.trim();
        answers.set(kind, (answers.get(kind) ?? 0) + 1);
        if (answer?.status === 201 || answer?.body?.code === 'platform.answer-lost') {
          acknowledged.push(name);
          return;
        }
        await pause(20);
      }
    };
    const writers = Array.from({ length: count }, async (_, writer) => {
      for (let number = 0; !stopped; number += 1) {
        await writeOne(`account ${writer}-${number}`);
      }
    });
    return {
      acknowledged,
      answers,
      async stop() {
        stopped = true;
        await Promise.all(writers);
      },
    };
  }

  const storedNames = async (): Promise<string[]> => {
    const names: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await cloud.api.get(`/v1/accounts?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(page.status).toBe(200);
      names.push(...page.body.items.map((item: { name: string }) => item.name));
      if (page.body.nextCursor === null) {
        return names.sort();
      }
      cursor = encodeURIComponent(page.body.nextCursor);
    }
  };

  test('PostgreSQL killed again and again: what was acknowledged is there once, and requests meanwhile get 503', async () => {
    const random = seededRandom('killing PostgreSQL');
    const watcher = await watch(cloud);
    const writers = await startWriters(4);
    for (let round = 0; round < 6; round += 1) {
      const enough = writers.acknowledged.length + 5 + Math.floor(random() * 30);
      await eventually('some accounts', () => writers.acknowledged.length >= enough, 60_000);
      const former = cloud.postgresProcessId();
      await cloud.killPostgres();
      await eventually('another server', () => (cloud.postgresProcessId() ?? former) !== former, 60_000);
      await eventually(
        'readiness',
        async () => (await cloud.anonymous.get('/readyz')).status === 200,
        60_000,
      );
    }
    await writers.stop();
    expect(await storedNames()).toEqual([...writers.acknowledged].sort());
    for (const kind of writers.answers.keys()) {
      expect(kind).toMatch(
        /^201$|^503 platform\.database-away$|^409 platform\.(request-at-work|answer-lost)$/,
      );
    }
    // The background goes on as well: events are ordered and told to whoever watched all the time.
    await cloud.api.post('/v1/accounts', { name: 'after all that' });
    await eventually('its event on the stream', () => watcher.text.includes('after all that'));
    watcher.close();
  });

  test('the cloud killed again and again: its server is adopted, and nothing acknowledged is lost or doubled', async () => {
    const random = seededRandom('killing the cloud');
    const writers = await startWriters(3);
    const server = cloud.postgresProcessId();
    for (let round = 0; round < 4; round += 1) {
      const enough = writers.acknowledged.length + 5 + Math.floor(random() * 20);
      await eventually('some accounts', () => writers.acknowledged.length >= enough, 60_000);
      await cloud.kill();
      await cloud.start();
      expect(cloud.postgresProcessId()).toBe(server);
    }
    await writers.stop();
    expect(await storedNames()).toEqual([...writers.acknowledged].sort());
  });

  test('both killed at once, again and again: each next start recovers by itself', async () => {
    const writers = await startWriters(3);
    for (let round = 0; round < 3; round += 1) {
      const enough = writers.acknowledged.length + 10;
      await eventually('some accounts', () => writers.acknowledged.length >= enough, 60_000);
      process.kill(cloud.postgresProcessId() ?? 0, 'SIGKILL');
      await cloud.kill();
      await cloud.start();
    }
    await writers.stop();
    expect(await storedNames()).toEqual([...writers.acknowledged].sort());
  });

  test('a pid file that names the process of somebody else is seen through', async () => {
    await cloud.stop();
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    const data = join(cloud.dataDirectory, 'postgres', 'data');
    writeFileSync(
      join(data, 'postmaster.pid'),
      `${stranger.pid}\n${data}\n1700000000\n5432\n\n127.0.0.1\n\nready   \n`,
    );
    await cloud.start();
    expect((await cloud.api.get('/v1/session')).status).toBe(200);
    expect(stranger.exitCode).toBeNull();
    stranger.kill();
  });

  test('a second start on the same data is refused in one line, and disturbs nothing', async () => {
    const second = await runCloud([], { ANDON_DATA_DIR: cloud.dataDirectory, ANDON_HTTP_PORT: '0' });
    expect(second.code).toBe(1);
    expect(second.output.trim().split('\n')).toHaveLength(1);
    expect(second.output).toContain(`process ${cloud.program.processId}`);
    expect((await cloud.api.get('/v1/session')).status).toBe(200);
  });

  test('a port in use, and a setting that is wrong, are one line each', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const elsewhere = { ANDON_DATA_DIR: join(folder, 'other') };
    const taken = await runCloud([], {
      ...elsewhere,
      ANDON_HTTP_PORT: String(port),
      ANDON_LOG_LEVEL: 'warn',
    });
    holder.close();
    expect(taken.code).toBe(1);
    expect(taken.output.trim().split('\n')).toHaveLength(1);
    expect(taken.output).toContain(`Port ${port}`);
    const wrong = await runCloud([], { ...elsewhere, ANDON_HTTP_PORT: 'eighty' });
    expect(wrong.code).toBe(1);
    expect(wrong.output.trim()).toBe(
      'ANDON_HTTP_PORT should be a whole number from 0 to 65535, and is "eighty". ' +
        'Correct the environment variable ANDON_HTTP_PORT, or leave it out.',
    );
  });

  test('stopping ends the server too', async () => {
    const server = cloud.postgresProcessId() ?? 0;
    expect(isServerOf(server, folder)).toBe(true);
    expect(await cloud.stop()).toBe(0);
    expect(isServerOf(server, folder)).toBe(false);
  });

  test('told to stop before it is ready, it stops the server too, and says that it is not ready', async () => {
    const early = join(folder, 'early');
    mkdirSync(early);
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, ANDON_DATA_DIR: early, ANDON_HTTP_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString('utf8');
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const pidFile = join(early, 'postgres', 'data', 'postmaster.pid');
    await eventually('the server to begin', () => existsSync(pidFile), 60_000);
    const server = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    child.kill('SIGTERM');
    await ended;
    expect({ code: child.exitCode, orphaned: isServerOf(server, early) }).toEqual({
      code: 0,
      orphaned: false,
    });
    expect(output).toBe('');
  });

  test('a lost password is reset from the machine, whether the cloud runs or not', async () => {
    const reset = async () => {
      const { output } = await runCloud(['reset-password', 'admin@andon.local'], {
        ANDON_DATA_DIR: cloud.dataDirectory,
      });
      return /is now (\S+)/.exec(output)?.[1];
    };
    const statusOfSignIn = async (password: string | undefined) =>
      (await cloud.anonymous.post('/v1/session', { email: 'admin@andon.local', password })).status;
    expect(await statusOfSignIn(await reset())).toBe(201);
    await cloud.stop();
    const password = await reset();
    await cloud.start();
    expect(await statusOfSignIn(password)).toBe(201);
  });

  test.runIf(process.getuid?.() === 0)(
    'as root with the data under a home closed to others, it runs, and finds its data again',
    async () => {
      const home = join(folder, 'home');
      mkdirSync(home, { mode: 0o700 });
      chmodSync(home, 0o700);
      const closed = new CloudProgram(join(home, '.andon'), {});
      try {
        await closed.start();
        await closed.api.post('/v1/accounts', { name: 'kept' });
        await closed.stop();
        await closed.start();
        expect((await closed.api.get('/v1/accounts')).body.items[0].name).toBe('kept');
      } finally {
        await closed.stop();
        await closed.clean();
      }
    },
  );

  test.runIf(process.getuid?.() === 0)('as an ordinary user it simply runs', async () => {
    const own = join(folder, 'own');
    mkdirSync(own);
    const uid = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));
    chownSync(own, uid, uid);
    const child = spawn(process.execPath, [main], {
      uid,
      gid: uid,
      cwd: '/',
      env: { PATH: process.env.PATH, ANDON_DATA_DIR: join(own, '.andon'), ANDON_HTTP_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        output += text.toString('utf8');
      });
    }
    const ended = new Promise((resolve) => child.once('close', resolve));
    try {
      const url = await eventually('it to be ready', () => /^ready (\S+)$/m.exec(output)?.[1], 60_000);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
    expect(child.exitCode).toBe(0);
  });
});
