import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSmsText, encodeSmsText, smsTextOf } from '../../cloud/notifications/index.ts';

const octetsMax = { gsm: { single: 160, part: 153 }, ucs2: { single: 140, part: 134 } };

describe('the text of an SMS', () => {
  it('comes out of its parts as it went in, each part within its room, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 700 }),
          fc.string({ unit: fc.constantFrom('a', '€', '[', 'é', 'Ω', '\n'), maxLength: 700 }),
          fc.string({ unit: fc.constantFrom('案', '件', '😀', 'a'), maxLength: 700 }),
        ),
        (text) => {
          const sms = smsTextOf(text);
          const room = octetsMax[sms.encoding][sms.parts.length > 1 ? 'part' : 'single'];
          const octets = sms.parts.map((part) => encodeSmsText(part, sms.encoding));
          expect(octets.every((part) => part.length <= room)).toBe(true);
          expect(octets.map((part) => decodeSmsText(part, sms.encoding)).join('')).toBe(text);
        },
      ),
    );
  });

  it.each([
    ['GSM letters, exactly one message', 'a'.repeat(160), 'gsm', 160, 1],
    ['GSM letters, one too many', 'a'.repeat(161), 'gsm', 161, 2],
    ['the euro sign takes two septets', '€'.repeat(80), 'gsm', 160, 1],
    ['traditional Chinese, exactly one message', '案'.repeat(70), 'ucs2', 70, 1],
    ['traditional Chinese, one too many', '案'.repeat(71), 'ucs2', 71, 2],
    ['Spanish with í is not in the GSM alphabet', 'Sígalo', 'ucs2', 6, 1],
    ['Portuguese with ã is not either', 'atenção', 'ucs2', 7, 1],
  ] as const)('%s', (_title, text, encoding, length, parts) => {
    const sms = smsTextOf(text);
    expect([sms.encoding, sms.length, sms.parts.length]).toEqual([encoding, length, parts]);
  });

  it('does not cut a pair of surrogates in two', () => {
    for (const part of smsTextOf(`a${'😀'.repeat(60)}`).parts) {
      expect(part.isWellFormed()).toBe(true);
    }
  });

  it('is the octets of the standard', () => {
    expect(encodeSmsText('@£$[€', 'gsm').toString('hex')).toBe('0001021b3c1b65');
    expect(encodeSmsText('案', 'ucs2').toString('hex')).toBe('6848');
  });
});
