import { encodeSmsText, type OutgoingMessage, smsPartsMax, smsTextOf } from '../../notifications/index.ts';
import type { SmppUrl } from './smpp-url.ts';

export type SubmitFields = Readonly<Record<string, unknown>>;

const numbering = {
  international: { ton: 1, npi: 1 },
  national: { ton: 2, npi: 1 },
  alphanumeric: { ton: 5, npi: 0 },
} as const;
const udhIndicator = 0x40;
const dataCoding = { gsm: 0, ucs2: 8 } as const;

/**
 * The submit_sm PDUs of a message: one, or where the centre wants parts, each with the header that joins them
 * (3GPP TS 23.040, 9.2.3.24.1). Undefined where the text is longer than `smsPartsMax` parts.
 */
export function submitsOf(
  message: OutgoingMessage,
  url: SmppUrl,
  reference: number,
): SubmitFields[] | undefined {
  const sms = smsTextOf(message.text);
  if (sms.parts.length > smsPartsMax) {
    return undefined;
  }
  const source = numberingOf(url.source);
  const common = {
    source_addr_ton: source.ton,
    source_addr_npi: source.npi,
    source_addr: url.source.replace(/^\+/, ''),
    dest_addr_ton: numbering.international.ton,
    dest_addr_npi: numbering.international.npi,
    destination_addr: message.to.replace(/^\+/, ''),
    registered_delivery: 1,
    data_coding: dataCoding[sms.encoding],
  };
  if (sms.parts.length === 1) {
    return [{ ...common, short_message: encodeSmsText(message.text, sms.encoding) }];
  }
  if (url.concatenation === 'payload') {
    return [{ ...common, message_payload: encodeSmsText(message.text, sms.encoding) }];
  }
  return sms.parts.map((part, index) => ({
    ...common,
    esm_class: udhIndicator,
    short_message: Buffer.concat([
      Buffer.from([5, 0, 3, reference, sms.parts.length, index + 1]),
      encodeSmsText(part, sms.encoding),
    ]),
  }));
}

function numberingOf(source: string): { ton: number; npi: number } {
  if (source.startsWith('+')) {
    return numbering.international;
  }
  return /^\d+$/.test(source) ? numbering.national : numbering.alphanumeric;
}
