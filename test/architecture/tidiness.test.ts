import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOf, sourceFiles } from './source-files.ts';

const files = sourceFiles();
const programs = files.filter((file) => !/^(test|docs)\//.test(file.path));
const servers = programs.filter((file) => !file.path.startsWith('cloud/console/'));

const mayReadTheWorld = (path: string) =>
  path.startsWith('shared/kernel/') || /(^|\/)config(\.ts$|\/)/.test(path);

describe('tidiness', () => {
  test('clock, randomness and environment are read in the kernel and in config modules alone', () => {
    const banned = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\.env\b/;
    const found = servers.filter((file) => !mayReadTheWorld(file.path) && banned.test(codeOf(file)));
    expect(found.map((file) => file.path)).toEqual([]);
  });

  test('no error code stands at two places', () => {
    const places = new Map<string, string[]>();
    for (const file of servers) {
      for (const [, code] of file.text.matchAll(/\bcode: '([a-z0-9-]+(?:\.[a-z0-9-]+)+)'/g)) {
        places.set(code ?? '', [...(places.get(code ?? '') ?? []), file.path]);
      }
    }
    expect([...places].filter(([, paths]) => paths.length > 1)).toEqual([]);
  });

  test('no file is longer than 400 lines', () => {
    const long = programs.filter((file) => file.text.split('\n').length > 400);
    expect(long.map((file) => file.path)).toEqual([]);
  });

  test('nothing is left for later, nothing is swallowed, nothing is called utils', () => {
    const unwanted = files.filter(
      (file) =>
        /\bTODO\b|\bFIXME\b|\bXXX\b|@ts-ignore|@ts-nocheck/.test(
          file.path.startsWith('test/architecture/') ? '' : file.text,
        ) ||
        /catch\s*(\([^)]*\)\s*)?\{\s*\}/.test(codeOf(file)) ||
        /^(utils?|helpers?|misc|common)\.tsx?$/.test(basename(file.path)),
    );
    expect(unwanted.map((file) => file.path)).toEqual([]);
  });

  test('every folder of a server with more than one file has an index that opens with an essay, or is a wiring', () => {
    const folders = new Map<string, string[]>();
    for (const file of servers) {
      const folder = file.path.slice(0, file.path.lastIndexOf('/'));
      folders.set(folder, [...(folders.get(folder) ?? []), basename(file.path)]);
    }
    const capabilities = [...folders].filter(([folder]) => /^cloud\/[a-z-]+$|^shared\/[a-z-]+$/.test(folder));
    const wirings = new Set(['cloud/one-machine', 'cloud/console', 'shared/programs']);
    const without = capabilities.filter(
      ([folder, names]) => !wirings.has(folder) && !names.includes('index.ts'),
    );
    expect(without.map(([folder]) => folder)).toEqual([]);
    const silent = servers.filter(
      (file) =>
        basename(file.path) === 'index.ts' &&
        !wirings.has(file.path) &&
        !file.text.trimStart().startsWith('/**'),
    );
    expect(silent.map((file) => file.path)).toEqual([]);
  });
});
