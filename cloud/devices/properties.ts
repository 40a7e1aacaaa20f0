import { isDeepStrictEqual } from 'node:util';
import type { DeviceProperties } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';

/** All properties of a device, written as JSON, are no longer. */
export const propertiesBytesMax = 32 * 1024;
export const propertiesDepthMax = 8;

/** Where what a device says differs from what is wanted of it. */
export interface PropertyDifference {
  /** JSON pointer (RFC 6901) of a wanted property: `/network/interval`. */
  readonly path: string;
  readonly desired: unknown;
  /** Null, with `isReported` false, where the device says nothing of it. */
  readonly reported: unknown;
  readonly isReported: boolean;
}

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with the properties as a whole; undefined where nothing is. */
export function troubleWithProperties(properties: DeviceProperties): string | undefined {
  if (depthOf(properties) > propertiesDepthMax) {
    return `They are nested deeper than ${propertiesDepthMax} levels.`;
  }
  const bytes = Buffer.byteLength(JSON.stringify(properties));
  return bytes > propertiesBytesMax
    ? `They take ${bytes} bytes, and at most ${propertiesBytesMax} are kept.`
    : undefined;
}

/** @throws AndonError `devices.properties-too-large` (422) */
export function checkProperties(properties: DeviceProperties): void {
  const trouble = troubleWithProperties(properties);
  if (trouble !== undefined) {
    throw new AndonError({
      code: 'devices.properties-too-large',
      message: trouble,
      nextStep: 'Keep fewer or simpler properties.',
      field: 'properties',
      status: 422,
    });
  }
}

function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth += 1) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0 || depth > propertiesDepthMax) {
      return depth;
    }
  }
}

/** JSON merge patch (RFC 7396): null takes away, an object is merged, anything else replaces. */
export function mergeProperties(before: Members, patch: Members): DeviceProperties {
  const merged = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      merged.delete(name);
    } else if (isObject(value)) {
      const present = merged.get(name);
      merged.set(name, mergeProperties(isObject(present) ? present : {}, value));
    } else {
      merged.set(name, value);
    }
  }
  return Object.fromEntries(merged);
}

/** Every wanted property of which the device says something else, or nothing. By their paths. */
export function differencesOf(desired: Members, reported: Members): PropertyDifference[] {
  return differencesUnder('', desired, reported).sort((one, other) => (one.path < other.path ? -1 : 1));
}

function differencesUnder(parent: string, desired: Members, reported: Members): PropertyDifference[] {
  return Object.entries(desired).flatMap(([name, wanted]) => {
    const path = `${parent}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const isReported = Object.hasOwn(reported, name);
    const said = isReported ? reported[name] : null;
    if (isObject(wanted) && isObject(said)) {
      return differencesUnder(path, wanted, said);
    }
    return isReported && isDeepStrictEqual(wanted, said)
      ? []
      : [{ path, desired: wanted, reported: said, isReported }];
  });
}
