import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDataDirectory } from '@andon/shared/data-directory';
import { launcher } from '@andon/shared/programs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDirectory } from '../../cloud/one-machine/index.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { describeRequiring } from '../support/requires.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const run = (program: string, parameters: readonly string[], dataDirectory: string) =>
  spawnSync(process.execPath, [launcher, program, ...parameters], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ANDON_DATA_DIR: dataDirectory },
  });

test('A data directory is made with those above it, and one that is there is taken as it is', () => {
  const path = join(folder.path, 'a/b/c');
  makeDataDirectory(path, 0o700);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  makeDataDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder.path, 'file'), '');
  for (const wrong of ['file', 'file/below']) {
    expect(() => makeDataDirectory(join(folder.path, wrong))).toThrow('cannot be made');
  }
});

describeRequiring('a data directory under /proc', { '/proc': existsSync('/proc/self') }, () => {
  test('is refused, and so is /proc itself', () => {
    for (const path of ['/proc', '/proc/andon', '/proc/andon/data']) {
      expect(() => makeDataDirectory(path)).toThrow(`The data directory ${path} cannot be made`);
    }
    expect(() => lockDataDirectory('/proc/andon/lock.db')).toThrow('cannot be made');
  });

  test('ends the start of the gateway with one line', () => {
    const file = join(folder.path, 'gateway.yaml');
    writeFileSync(file, 'gateway: { id: edge-1, dataDirectory: /proc/andon }\n');
    const { status, stderr } = run('gateway', ['--config', file], '');
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^The data directory \/proc\/andon cannot be made: .*Name a folder/),
    ]);
  });

  test('ends the start of the cloud with one line', () => {
    const { status, stderr } = run('cloud', [], '/proc/andon');
    expect(status).not.toBe(0);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^The data directory \/proc\/andon cannot be made: .*Name a folder/),
    ]);
  });
});
