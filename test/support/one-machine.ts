import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launcher } from '@andon/shared/programs';
import { eventually } from './wait.ts';

/** What `npm start` runs, as a process, on ports that the system gives. */
export interface OneMachine {
  readonly child: ChildProcess;
  readonly dataDirectory: string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout(): string;
  stderr(): string;
  /** Waits for the banner and reads it. */
  ready(): Promise<{ url: string; email: string; password: string | undefined; mqttPort: number }>;
  /** The parts' process ids by name, as the supervisor noted them. */
  processes(): Record<string, number>;
}

/** Open to all, so that the database's own user can work in it where the tests run as root. */
export function newDataDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'andon-one-machine-'));
  chmodSync(directory, 0o755);
  return directory;
}

/** `command` stands for what `npm start` runs, where it is run from another checkout or as another user. */
export function startOneMachine(
  dataDirectory: string,
  environment: Readonly<Record<string, string>> = {},
  [file = '', ...parameters]: readonly string[] = [process.execPath, launcher, 'one-machine'],
): OneMachine {
  const child = spawn(file, parameters, {
    env: {
      ...process.env,
      ANDON_HTTP_PORT: '0',
      ANDON_MQTT_PORT: '0',
      ANDON_GATEWAY_PORT: '0',
      ANDON_DATA_DIR: dataDirectory,
      ...environment,
    },
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (text: Buffer) => {
      output[stream] += text;
    });
  }
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  let exited = false;
  void ended.then(() => {
    exited = true;
  });
  return {
    child,
    dataDirectory,
    ended,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    processes: () => JSON.parse(readFileSync(join(dataDirectory, 'processes.json'), 'utf8')),
    async ready() {
      await eventually('the banner', () => exited || output.stdout.includes('Ctrl-C stops it'), 100_000);
      if (exited) throw new Error(`it ended before it was ready: ${output.stderr}`);
      const found = (pattern: RegExp) => pattern.exec(output.stdout)?.[1];
      return {
        url: found(/Console +(http\S+)/) ?? '',
        email: found(/Sign in +(\S+)/) ?? '',
        password: found(/Password +(\S+)/),
        mqttPort: Number(found(/MQTT on port (\d+)/)),
      };
    },
  };
}

export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** A person's browser, as far as the API goes: signed in with a session cookie. */
export async function signIn(url: string, email: string, password: string) {
  const response = await fetch(`${url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  if (response.status !== 201) throw new Error(`sign-in was answered ${response.status}`);
  const cookie = response.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const content: unknown = answer.status === 204 ? undefined : await answer.json();
    return { status: answer.status, body: content };
  };
  return {
    call,
    get: async (path: string): Promise<Record<string, unknown>> => record((await call('GET', path)).body),
    items: async (path: string): Promise<Record<string, unknown>[]> => {
      const { items } = record((await call('GET', path)).body);
      if (!Array.isArray(items)) throw new Error(`${path} is no list`);
      return items.map(record);
    },
  };
}

function record(value: unknown): Record<string, unknown> {
  if (value === null || typeof value !== 'object') throw new Error(`not an object: ${String(value)}`);
  return Object.fromEntries(Object.entries(value));
}
