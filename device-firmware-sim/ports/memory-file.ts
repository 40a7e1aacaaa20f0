import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { DeviceMemory, DeviceRecord } from '../firmware/index.ts';

const recordSchema = Compile(
  Type.Object({
    boots: Type.Integer({ minimum: 0 }),
    fault: Type.Optional(
      Type.Object({ name: Type.String(), since: Type.Number(), repairAt: Type.Optional(Type.Number()) }),
    ),
  }),
);

/** A device's memory as a small JSON file, replaced as a whole so that a power cut leaves the old or the new one. */
export function memoryFile(path: string): DeviceMemory {
  mkdirSync(dirname(path), { recursive: true });
  return { read: () => readRecord(path), write: (record) => replaceFile(path, JSON.stringify(record)) };
}

function readRecord(path: string): DeviceRecord | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error);
  }
  if (!recordSchema.Check(record)) throw damaged(path);
  return record;
}

function damaged(path: string, cause?: unknown): AndonError {
  return new AndonError({
    code: 'simulator.memory-damaged',
    message: `${path} does not hold a device's memory.`,
    nextStep: 'Delete the file: the device then starts as new.',
    cause,
  });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  const file = openSync(fresh, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
}
