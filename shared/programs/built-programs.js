// @ts-check
// JavaScript, unlike all else: to take types away, Node loads a compiler of 25 MB and keeps it, and this runs first.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The programs of Andon as single files, which the installation builds (`build.ts`): reading two thousand modules one by
 * one is most of the time that a start takes, and a fifth of the gateway's memory. They are used only while they are of
 * exactly these sources and packages; after any edit the sources themselves are run.
 *
 * @typedef {'one-machine' | 'cloud' | 'gateway' | 'simulator'} ProgramName
 * @typedef {[path: string, modifiedMilliseconds: number, bytes: number][]} Manifest
 *   Of each file that went in: its path from the root, and what tells an edit.
 */

/** @type {Readonly<Record<ProgramName, string>>} */
export const programSources = {
  'one-machine': 'cloud/one-machine/main.ts',
  cloud: 'cloud/main.ts',
  gateway: 'gateway/main.ts',
  simulator: 'device-firmware-sim/main.ts',
};

/**
 * What Node is told, and the environment that it gets, where memory is scarce: V8 would let garbage grow to tens of
 * megabytes, and compile in four tiers where three are as fast, and the C library would keep a heap for each thread.
 * `npm run gateway` and `gateway/deploy` say the same.
 */
export const gatewayNodeFlags = ['--max-semi-space-size=1', '--max-old-space-size=512', '--no-sparkplug'];
export const gatewayEnvironment = { MALLOC_ARENA_MAX: '1' };

export const launcher = new URL('launch.js', import.meta.url).pathname;
export const repository = new URL('../..', import.meta.url).pathname;
export const builtFolder = join(repository, 'shared/programs/built');
export const manifestFile = join(builtFolder, 'manifest.json');
/** npm writes it anew with every change of the installed packages. */
export const packagesFile = 'node_modules/.package-lock.json';

/** @type {(path: string, folder?: string) => Manifest[number]} */
export function stampOf(path, folder = repository) {
  const { mtimeMs, size } = statSync(join(folder, path));
  return [path, mtimeMs, size];
}

/**
 * The file to run for this program: the built one, or its source. Undefined where there is no program of this name.
 *
 * @type {(name: string) => string | undefined}
 */
export function programFile(name) {
  const source = new Map(Object.entries(programSources)).get(name);
  if (source === undefined) {
    return undefined;
  }
  const built = join(builtFolder, `${name}.js`);
  const isUsable = existsSync(manifestFile) && existsSync(built) && isOf(repository, readManifest());
  return isUsable ? built : join(repository, source);
}

/**
 * Built by this very program; one that was written halfway is none.
 *
 * @type {() => Manifest}
 */
function readManifest() {
  const text = readFileSync(manifestFile, 'utf8');
  return text.endsWith(']\n') ? JSON.parse(text) : [['', 0, 0]];
}

/**
 * Is everything in this folder as it was when it was built?
 *
 * @type {(folder: string, manifest: Manifest) => boolean}
 */
export function isOf(folder, manifest) {
  return manifest.every(([path, modifiedMilliseconds, bytes]) => {
    const present = statSync(join(folder, path), { throwIfNoEntry: false });
    return present?.mtimeMs === modifiedMilliseconds && present.size === bytes;
  });
}
