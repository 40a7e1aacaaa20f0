import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const repository = new URL('../..', import.meta.url).pathname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'andon-parent-gone-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As when a supervisor is killed in the moment in which it has started a part: the channel is gone before it is heard of. */
async function endsWithoutParent(program: string, commandLine: string[], environment: NodeJS.ProcessEnv) {
  const child = fork(join(repository, program), commandLine, {
    silent: true,
    env: { ...process.env, ...environment },
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  child.disconnect();
  return ended;
}

test('A cloud whose parent was gone before it could hear of it ends by itself, and leaves no PostgreSQL', async () => {
  expect(await endsWithoutParent('cloud/main.ts', [], { ANDON_DATA_DIR: folder, ANDON_HTTP_PORT: '0' })).toBe(
    0,
  );
  expect(existsSync(join(folder, 'postgres/data/postmaster.pid'))).toBe(false);
}, 90_000);

test('A gateway whose parent was gone before it could hear of it ends by itself', async () => {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, 'gateway: { id: line-1 }\nmqttBroker: { port: 0 }\nstatusPage: { port: 0 }\n');
  expect(
    await endsWithoutParent('gateway/main.ts', ['--config', file], { ANDON_DATA_DIR: join(folder, 'data') }),
  ).toBe(0);
}, 60_000);
