import { readCommandReason } from '@andon/shared/contracts/command-reasons';
import type { TFunction } from 'i18next';

/** A cause has one of its own at most: a routine that failed at a step, and why the step did. */
const nestingMax = 3;

/**
 * A stored reason of a command or a job in the console's language; what a person or a device said, and what a version
 * says that this one does not know, stays as it stands.
 */
export function commandReasonInWords(stored: string, t: TFunction, nesting = nestingMax): string {
  const read = nesting === 0 ? undefined : readCommandReason(stored);
  if (read === undefined) {
    return stored;
  }
  const { cause, seen } = read.values;
  return t(`commandReason.${read.reason}`, {
    ...read.values,
    ...(cause !== undefined && { cause: commandReasonInWords(cause, t, nesting - 1) }),
    ...(seen !== undefined && {
      seen: seen
        .split(', ')
        .map((one) => commandReasonInWords(one, t, nesting - 1))
        .join(', '),
    }),
  });
}
