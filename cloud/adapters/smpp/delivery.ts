import type { Pdu } from 'smpp';
import type { DeliveryReceipt, InboundText } from '../../notifications/index.ts';
import { meaningOfReceipt, stateName } from './smpp-words.ts';

const messageTypeMask = 0x3c;
const smscReceipt = 0x04;
const intermediateNotification = 0x20;

/**
 * What a deliver_sm brings: a receipt (SMPP 3.4, 5.2.12 and appendix B; by TLV where the SMS centre gives them) or
 * somebody's text. Undefined where a receipt does not say which message it is about.
 */
export function deliveryOf(pdu: Pdu): { receipt: DeliveryReceipt } | { text: InboundText } | undefined {
  const words = textOf(pdu.short_message) || textOf(pdu.message_payload);
  const type = numberOf(pdu.esm_class) & messageTypeMask;
  const named = typeof pdu.receipted_message_id === 'string' ? pdu.receipted_message_id : undefined;
  if (type !== smscReceipt && type !== intermediateNotification && named === undefined) {
    return { text: { from: String(pdu.source_addr), to: String(pdu.destination_addr), text: words } };
  }
  const peerMessageId = named || /\bid:\s*(\S+)/i.exec(words)?.[1];
  if (peerMessageId === undefined) {
    return undefined;
  }
  const state =
    /\bstat:\s*(\w+)/i.exec(words)?.[1] ??
    (typeof pdu.message_state === 'number' ? stateName(pdu.message_state) : 'UNKNOWN');
  const errorCode = /\berr:\s*(\w+)/i.exec(words)?.[1];
  return { receipt: { peerMessageId, ...meaningOfReceipt(state, errorCode) } };
}

/** The package gives `{message, udh?}`, where `message` is text, or a Buffer in an encoding that it does not know. */
export function textOf(field: unknown): string {
  if (typeof field === 'object' && field !== null && 'message' in field) {
    return Buffer.isBuffer(field.message) ? field.message.toString('latin1') : String(field.message);
  }
  return typeof field === 'string' ? field : '';
}

export function numberOf(field: unknown): number {
  return typeof field === 'number' ? field : 0;
}
