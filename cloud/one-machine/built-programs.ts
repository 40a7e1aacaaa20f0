import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The programs of `npm start` as single files, which the installation builds: reading two thousand modules one by one
 * is most of the time that a start takes. They are used only while they are of exactly these sources and packages;
 * after any edit the sources themselves are run, as everywhere else.
 */
const sources = {
  'one-machine': 'cloud/one-machine/run.ts',
  cloud: 'cloud/main.ts',
  gateway: 'gateway/main.ts',
  simulator: 'device-firmware-sim/main.ts',
} as const;
export type ProgramName = keyof typeof sources;

export const repository = new URL('../..', import.meta.url).pathname;
export const builtFolder = join(repository, 'cloud/one-machine/built');
export const manifestFile = join(builtFolder, 'manifest.json');
/** npm writes it anew with every change of the installed packages. */
export const packagesFile = 'node_modules/.package-lock.json';
export const programSources: Readonly<Record<ProgramName, string>> = sources;

/** Of each file that went in: its path from the root, and what tells an edit. */
export type Manifest = [path: string, modifiedMilliseconds: number, bytes: number][];

export function stampOf(path: string, folder = repository): Manifest[number] {
  const { mtimeMs, size } = statSync(join(folder, path));
  return [path, mtimeMs, size];
}

/** The file to run for this program: the built one, or its source. */
export function programFile(name: ProgramName): string {
  return builtProgram(name) ?? join(repository, sources[name]);
}

/** Undefined where it is not built, or not of what is there now. */
export function builtProgram(name: ProgramName): string | undefined {
  usable ??= existsSync(manifestFile) && isOf(repository, readManifest());
  return usable ? join(builtFolder, `${name}.js`) : undefined;
}

let usable: boolean | undefined;

/** Built by this very program; one that was written halfway is none. */
function readManifest(): Manifest {
  const text = readFileSync(manifestFile, 'utf8');
  return text.endsWith(']\n') ? JSON.parse(text) : [['', 0, 0]];
}

/** Is everything in this folder as it was when it was built? */
export function isOf(folder: string, manifest: Manifest): boolean {
  return manifest.every(([path, modifiedMilliseconds, bytes]) => {
    const present = statSync(join(folder, path), { throwIfNoEntry: false });
    return present?.mtimeMs === modifiedMilliseconds && present.size === bytes;
  });
}
