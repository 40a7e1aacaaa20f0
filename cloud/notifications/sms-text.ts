/**
 * How a text travels in short messages. GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1) where every character
 * is in it, else UCS-2. One message carries 140 octets of user data: 160 septets, or 70 UTF-16 units. A longer
 * text is cut into parts of 153 septets or 67 units, since 6 octets go to the header that joins them (3GPP TS
 * 23.040, 9.2.3.24.1).
 */
export interface SmsText {
  readonly encoding: 'gsm' | 'ucs2';
  /** Units of the encoding: septets, or UTF-16 code units. */
  readonly length: number;
  /** The text of each part, in order; a single one where it fits. */
  readonly parts: readonly string[];
}

export const smsPartsMax = 10;

const gsmBasic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const gsmExtension: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
};
const escapeCode = 0x1b;
const gsmCodes: ReadonlyMap<string, readonly number[]> = new Map([
  ...[...gsmBasic].map((character, code): [string, number[]] => [character, [code]]),
  ...Object.entries(gsmExtension).map(([character, code]): [string, number[]] => [
    character,
    [escapeCode, code],
  ]),
]);

const limits = {
  gsm: { single: 160, part: 153 },
  ucs2: { single: 70, part: 67 },
} as const;

/** Chooses the encoding and cuts the text; never inside an escape sequence or a surrogate pair. */
export function smsTextOf(text: string): SmsText {
  const characters = [...text];
  const encoding = characters.every((character) => character !== '\u001b' && gsmCodes.has(character))
    ? 'gsm'
    : 'ucs2';
  const unitsOf = (character: string): number =>
    encoding === 'gsm' ? (gsmCodes.get(character)?.length ?? 0) : character.length;
  const length = characters.reduce((sum, character) => sum + unitsOf(character), 0);
  if (length <= limits[encoding].single) {
    return { encoding, length, parts: [text] };
  }
  const parts: string[] = [];
  let part = '';
  let units = 0;
  for (const character of characters) {
    if (units + unitsOf(character) > limits[encoding].part) {
      parts.push(part);
      part = '';
      units = 0;
    }
    part += character;
    units += unitsOf(character);
  }
  return { encoding, length, parts: [...parts, part] };
}

/** The octets of a text: one for each septet (as SMPP carries them, unpacked), or UTF-16 big-endian. */
export function encodeSmsText(text: string, encoding: 'gsm' | 'ucs2'): Buffer {
  if (encoding === 'ucs2') {
    return Buffer.from(text, 'utf16le').swap16();
  }
  return Buffer.from(
    [...text].flatMap((character) => {
      const codes = gsmCodes.get(character);
      if (codes === undefined) {
        throw new Error('a character is not in the GSM alphabet');
      }
      return [...codes];
    }),
  );
}

/** The other direction; what is not in the alphabet becomes a space, as on a phone. */
export function decodeSmsText(octets: Uint8Array, encoding: 'gsm' | 'ucs2'): string {
  if (encoding === 'ucs2') {
    return Buffer.from(octets.subarray(0, octets.length & ~1))
      .swap16()
      .toString('utf16le');
  }
  const extension = new Map(Object.entries(gsmExtension).map(([character, code]) => [code, character]));
  let text = '';
  for (let index = 0; index < octets.length; index += 1) {
    const code = octets[index] ?? 0;
    if (code === escapeCode) {
      index += 1;
      text += extension.get(octets[index] ?? 0) ?? ' ';
    } else {
      text += gsmBasic[code] ?? ' ';
    }
  }
  return text;
}
