import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ReadMap } from '@andon/shared/gateway-configuration';

const mapBytesMax = 1024 * 1024;

/** Reads the register maps that a configuration names, each by its path relative to the configuration's file. */
export function registerMapsBeside(configurationFile: string): ReadMap {
  const directory = dirname(resolve(configurationFile));
  return (path) => {
    if (!/\.(ya?ml|json)$/.test(path)) {
      throw new Error('a register map is a file that ends with .yaml, .yml or .json');
    }
    const file = resolve(directory, path);
    if (statSync(file).size > mapBytesMax) {
      throw new Error(`it is larger than ${mapBytesMax} bytes`);
    }
    return readFileSync(file, 'utf8');
  };
}
