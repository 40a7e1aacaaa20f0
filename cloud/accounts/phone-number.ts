import { AndonError } from '@andon/shared/kernel';
import { parsePhoneNumberFromString } from 'libphonenumber-js';

/**
 * The number in E.164 (`+5511987654321`). It must have its country's code and a length that the country has;
 * whether it is in service nobody can know beforehand.
 */
export function phoneNumberOf(text: string): string {
  const parsed = /^\s*\+/.test(text) ? parsePhoneNumberFromString(text) : undefined;
  if (parsed === undefined || !parsed.isPossible()) {
    throw new AndonError({
      code: 'accounts.phone-number-invalid',
      message: 'The phone number is not one that can exist in any country.',
      nextStep: 'Write it with the plus sign and the country code, for example +44 20 7946 0958.',
      field: 'phone',
      status: 422,
    });
  }
  return parsed.number;
}
