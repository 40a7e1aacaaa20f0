import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { type ReadMap, staysInside } from '@andon/shared/gateway-configuration';

const mapBytesMax = 1024 * 1024;

/** Reads the register maps that a configuration names, each by its path relative to the configuration's file. */
export function registerMapsBeside(configurationFile: string): ReadMap {
  const directory = dirname(resolve(configurationFile));
  return (path) => readMapFile(resolve(directory, path));
}

/**
 * The same for a text that comes from the cloud, which is to learn nothing of other files of this machine: whatever
 * it names outside of the configuration's folder, also by way of a link, is answered like a file that is absent.
 */
export function registerMapsWithin(configurationFile: string): ReadMap {
  const directory = dirname(resolve(configurationFile));
  return (path) => {
    const file = staysInside(path) ? realPathOf(resolve(directory, path)) : undefined;
    if (file === undefined || !file.startsWith(`${realpathSync(directory)}${sep}`)) {
      throw new Error("there is no such file in the folder of the gateway's configuration");
    }
    return readMapFile(file);
  };
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // Whether it is absent or may not be looked at is nobody's business far away.
    return undefined;
  }
}

function readMapFile(file: string): string {
  if (!/\.(ya?ml|json)$/.test(file)) {
    throw new Error('a register map is a file that ends with .yaml, .yml or .json');
  }
  if (statSync(file).size > mapBytesMax) {
    throw new Error(`it is larger than ${mapBytesMax} bytes`);
  }
  return readFileSync(file, 'utf8');
}
