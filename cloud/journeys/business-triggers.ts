import type { StoredEvent } from '../platform/index.ts';
import { textCharactersMax } from './attributes.ts';

/** A trigger of the product to be raised for an event of the log. */
export interface BusinessTrigger {
  readonly trigger: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Whom it concerns: a contact, else the first contact of an account. */
  readonly contactId: string | null;
  readonly accountId: string | null;
}

export const businessEventTypes = [
  'alert.raised',
  'alert.released',
  'escalation.remedied',
  'escalation.alert-joined',
  'case.created',
  'case.status-changed',
] as const;

/** What an event of the business raises, or undefined. Pure; attributes without a value are left out. */
export function businessTriggerOf(event: StoredEvent): BusinessTrigger | undefined {
  const { payload } = event;
  const audience = { contactId: textOf(payload.contactId), accountId: textOf(payload.accountId) };
  switch (event.type) {
    case 'alert.raised':
    case 'alert.released':
      // Of a gateway's own alert no device reports an error; of a held one nobody is to hear.
      if ((payload.deviceId ?? null) === null || (payload.held ?? null) !== null) {
        return undefined;
      }
      return {
        trigger: 'device-error',
        attributes: pick(payload, ['deviceId', 'alertId', 'errorCode', 'severity', 'signal', 'historical']),
        ...audience,
      };
    case 'escalation.remedied':
      return {
        trigger: 'device-error-remedied',
        attributes: pick(payload, ['deviceId', 'alertId']),
        ...audience,
      };
    case 'escalation.alert-joined':
      return {
        trigger: 'device-error-joined',
        attributes: pick(payload, ['deviceId', 'alertId', 'caseId']),
        ...audience,
      };
    case 'case.created':
      return {
        trigger: 'case-opened',
        attributes: {
          ...pick(payload, [
            'caseId',
            'number',
            'title',
            'priority',
            'origin',
            'alertId',
            'deviceId',
            'errorCode',
          ]),
          link: payload.publicUrl,
        },
        ...audience,
      };
    case 'case.status-changed':
      return {
        trigger: 'case-status-changed',
        attributes: {
          ...pick(payload, ['caseId', 'number', 'title', 'statusReason', 'resolution']),
          link: payload.publicUrl,
          status: payload.to,
          previousStatus: payload.from,
        },
        ...audience,
      };
    default:
      return undefined;
  }
}

/** The members that have a value. A text longer than an attribute may be is cut: it is told, though not in full. */
function pick(payload: StoredEvent['payload'], names: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    const value = payload[name] ?? null;
    if (value !== null) {
      picked[name] = typeof value === 'string' ? cut(value) : value;
    }
  }
  return picked;
}

function cut(text: string): string {
  return text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax - 1).toWellFormed()}…`;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
