import { readAlertReason } from '@andon/shared/contracts/alert-reasons';
import type { TFunction } from 'i18next';
import { commandReasonInWords } from './command-reason.ts';

/** A stored reason in the console's language; what a person or a device said stays as they said it. */
export function reasonInWords(stored: string | null, t: TFunction): string | null {
  const read = stored === null ? undefined : readAlertReason(stored);
  if (read === undefined) {
    return stored;
  }
  const words = t(`alertReason.${read.token}`);
  if (read.said === null) {
    return words;
  }
  const said =
    read.token === 'alert-held'
      ? t(`quiet.hold_${read.said}`, read.said)
      : commandReasonInWords(read.said, t);
  return t('alert.reasonSaid', { words, said });
}
