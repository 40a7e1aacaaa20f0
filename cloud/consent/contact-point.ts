import { AndonError } from '@andon/shared/kernel';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { Channel } from './decision.ts';

export const emailLengthMax = 254;
const emailPattern = /^[^\s@<>(),;:"[\]\\]{1,64}@[^\s@.<>(),;:"[\]\\]+(\.[^\s@.<>(),;:"[\]\\]+)*$/u;

/**
 * The form under which a contact point is compared and kept: E.164 for phones, lower case for email addresses.
 * Undefined where no message could reach such a thing.
 */
export function normaliseContactPoint(channel: Channel, text: string): string | undefined {
  const trimmed = text.trim();
  if (channel === 'email') {
    return trimmed.length <= emailLengthMax && emailPattern.test(trimmed) ? trimmed.toLowerCase() : undefined;
  }
  const international = trimmed.startsWith('+') ? trimmed : `+${trimmed.replace(/^00/, '')}`;
  const parsed = parsePhoneNumberFromString(international);
  return parsed?.isPossible() ? parsed.number : undefined;
}

/** The same, for input from people: refuses what cannot be a contact point, naming the field. */
export function requireContactPoint(channel: Channel, text: string): string {
  const normalised = normaliseContactPoint(channel, text);
  if (normalised === undefined) {
    throw new AndonError({
      code: 'consent.contact-point-invalid',
      message:
        channel === 'sms'
          ? 'This is not a phone number that can exist.'
          : 'This is not an email address that can exist.',
      nextStep: channel === 'sms' ? 'Write it like +44 20 7946 0958.' : 'Write it like somebody@example.com.',
      field: 'contactPoint',
      status: 422,
    });
  }
  return normalised;
}

/** Guesses the channel from the look: what holds an @ is an email address. */
export function channelOf(contactPoint: string): Channel {
  return contactPoint.includes('@') ? 'email' : 'sms';
}
