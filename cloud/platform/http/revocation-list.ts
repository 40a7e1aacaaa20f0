/** The tags of ASN.1 that are met here. */
const integerTag = 0x02;
const sequenceTag = 0x30;
const timeTags: readonly number[] = [0x17, 0x18];

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/**
 * The serial numbers that lists of revoked certificates name (RFC 5280, section 5.1), as `X509Certificate.serialNumber`
 * writes them: in capital hexadecimal digits. Whose they are is left out: two authorities may use the same one.
 * @throws Error where the text holds something else
 */
export function revokedSerialNumbers(pem: string): ReadonlySet<string> {
  const serialNumbers = new Set<string>();
  const lists = pem.matchAll(/-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g);
  for (const [, base64 = ''] of lists) {
    const [list] = elementsOf(Buffer.from(base64, 'base64'));
    const [signed] = elementsOf(contentOf(list));
    for (const entry of entriesOf(elementsOf(contentOf(signed)))) {
      const [serialNumber] = elementsOf(contentOf(entry));
      serialNumbers.add(hexadecimalOf(serialNumber));
    }
  }
  return serialNumbers;
}

/** What follows the time of the list, and that of the next one, if it is told; a list of none may lack it. */
function entriesOf(parts: readonly Element[]): readonly Element[] {
  const lastTime = parts.findLastIndex(({ tag }) => timeTags.includes(tag));
  if (lastTime === -1) {
    throw new Error('the list of revoked certificates has no time');
  }
  const entries = parts[lastTime + 1];
  return entries?.tag === sequenceTag ? elementsOf(entries.content) : [];
}

function contentOf(element: Element | undefined): Buffer {
  if (element?.tag !== sequenceTag) {
    throw new Error('the list of revoked certificates is not of the form that is expected');
  }
  return element.content;
}

function hexadecimalOf(element: Element | undefined): string {
  if (element?.tag !== integerTag) {
    throw new Error('the list of revoked certificates names something that is no number');
  }
  const digits = element.content.toString('hex').toUpperCase();
  return digits.replace(/^(?:00)+(?=..)/, '');
}

/** Reads DER: a tag, a length of one byte or of as many as the first says, the content. */
function elementsOf(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  let position = 0;
  while (position < bytes.length) {
    const tag = bytes.readUInt8(position);
    const short = bytes.readUInt8(position + 1);
    const lengthBytes = short < 0x80 ? 0 : short - 0x80;
    const from = position + 2 + lengthBytes;
    const length = lengthBytes === 0 ? short : bytes.readUIntBE(position + 2, lengthBytes);
    if (from + length > bytes.length) {
      throw new Error('the list of revoked certificates is cut off');
    }
    elements.push({ tag, content: bytes.subarray(from, from + length) });
    position = from + length;
  }
  return elements;
}
