import { AndonError } from '@andon/shared/kernel';
import type { FastifyRequest } from 'fastify';

/**
 * The version that an edit is based on, from its `If-Match` header: `3`, `"3"` or `W/"3"`. Without the header
 * the edit is refused (428): nobody overwrites what they have not seen.
 */
export function expectedVersion(request: FastifyRequest): number {
  const header = request.headers['if-match'];
  if (header === undefined) {
    throw new AndonError({
      code: 'platform.version-missing',
      message: 'An edit says in If-Match which version it is based on.',
      nextStep: 'Read the record and send its version in the header If-Match.',
      field: 'If-Match',
      status: 428,
    });
  }
  const match = /^(?:W\/)?"?([1-9][0-9]{0,8})"?$/.exec(header.trim());
  if (match === null) {
    throw new AndonError({
      code: 'platform.version-not-a-number',
      message: 'If-Match holds the version of the record, a number.',
      nextStep: 'Read the record and send its version in the header If-Match.',
      field: 'If-Match',
      status: 422,
    });
  }
  return Number(match[1]);
}

/** The record is no longer the one that the edit is based on. */
export function staleVersion(expected: number, actual: number): AndonError {
  return new AndonError({
    code: 'platform.version-stale',
    message: `Somebody changed the record in the meantime: it is at version ${actual}, the edit at ${expected}.`,
    nextStep: 'Read the record again, and make the edit on what it is now.',
    field: 'If-Match',
    status: 412,
    details: { version: actual },
  });
}
