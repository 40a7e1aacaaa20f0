import { AndonError } from '@andon/shared/kernel';
import { makeStorable } from '../platform/index.ts';

/** NUL, or a surrogate that may be half of a pair, as JSON escapes them. */
const suspiciousEscape = /\\u(0000|d[89a-f])/i;

/**
 * The JSON value of a batch. Text in it that the database cannot keep is repaired with U+FFFD: a record is worth
 * more than its odd character.
 */
export function parseUplinkBody(body: Buffer): unknown {
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AndonError({
      code: 'gateways.batch-not-json',
      message: 'The body is not JSON.',
      nextStep: 'Send the batch as JSON in UTF-8.',
      field: 'body',
      status: 422,
      cause: error,
    });
  }
  return suspiciousEscape.test(text) ? makeStorable(value) : value;
}
