import { AndonError } from '@andon/shared/kernel';
import { decodeCursor } from './pagination.ts';

type CursorPart = 'uuid' | 'number' | 'text' | 'time';
type ValuesOf<Parts extends readonly CursorPart[]> = {
  -readonly [Index in keyof Parts]: Parts[Index] extends 'number' ? number : string;
};

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3,6}Z$/;

/**
 * The sort key that a cursor stands for, part by part of the kind that the list sorts by; undefined without a
 * cursor. A forged one is refused here and never reaches the database.
 */
export function readCursor<const Parts extends readonly CursorPart[]>(
  cursor: string | undefined,
  parts: Parts,
): ValuesOf<Parts> | undefined {
  if (cursor === undefined) {
    return undefined;
  }
  const key = decodeCursor(cursor, parts.length);
  if (!fits(key, parts)) {
    throw new AndonError({
      code: 'platform.cursor-of-another-list',
      message: 'The cursor is not one of this list.',
      nextStep: 'Begin again without a cursor.',
      field: 'cursor',
      status: 422,
    });
  }
  return key;
}

const isOfPart: Record<CursorPart, (value: unknown) => boolean> = {
  number: Number.isSafeInteger,
  uuid: (value) => typeof value === 'string' && uuidPattern.test(value),
  time: (value) => typeof value === 'string' && timePattern.test(value) && !Number.isNaN(Date.parse(value)),
  text: (value) => typeof value === 'string' && !value.includes('\u0000'),
};

function fits<Parts extends readonly CursorPart[]>(
  key: readonly (string | number)[],
  parts: Parts,
): key is ValuesOf<Parts> {
  return parts.every((part, index) => isOfPart[part](key[index]));
}
