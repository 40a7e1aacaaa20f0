import type { Permission, StoredEvent } from '../platform/index.ts';

/** Something that happened to a device, to be pinned on its charts. */
export interface Moment {
  readonly eventId: number;
  readonly deviceId: string;
  readonly at: Date;
  readonly kind: MomentKind;
  readonly recordId: string | null;
  readonly signal: string | null;
  readonly severity: string | null;
  readonly state: string | null;
  readonly title: string | null;
}

/** The events that are pinned, and who may see them. */
export const momentKinds = {
  'alert.raised': 'alerts:read',
  'command.state-changed': 'commands:read',
  'device.rebooted': 'devices:read',
  'case.created': 'cases:read',
  'case.status-changed': 'cases:read',
  'work-order.created': 'work-orders:read',
  'work-order.status-changed': 'work-orders:read',
} as const satisfies Record<string, Permission>;
export type MomentKind = keyof typeof momentKinds;

const isMomentKind = (type: string): type is MomentKind => Object.hasOwn(momentKinds, type);

/** What is in between is on the command's own page. */
const pinnedCommandStates = new Set([
  'QUEUED',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'EXPIRED',
  'REJECTED',
  'CANCELLED',
]);
const pinnedCaseStates = new Set(['resolved', 'cancelled', 'active']);

/** The pin that an event makes; undefined where it makes none. */
export function momentOf(event: StoredEvent): Moment | undefined {
  const { type, payload } = event;
  const text = (name: string): string | null => {
    const value = payload[name];
    return typeof value === 'string' ? value : null;
  };
  const deviceId = text('deviceId');
  const state = text('to') ?? text('state');
  if (!isMomentKind(type) || deviceId === null || !isPinned(type, state)) {
    return undefined;
  }
  const happened = Date.parse(text('raisedAt') ?? '');
  return {
    eventId: event.id,
    deviceId,
    at: Number.isNaN(happened) ? event.occurredAt : new Date(happened),
    kind: type,
    recordId: recordOf(type, text),
    signal: type === 'alert.raised' ? text('signal') : null,
    severity: type === 'alert.raised' ? text('severity') : null,
    state,
    title: text('number') ?? text('name') ?? text('rule'),
  };
}

function isPinned(kind: MomentKind, state: string | null): boolean {
  if (kind === 'command.state-changed') {
    return state !== null && pinnedCommandStates.has(state);
  }
  return kind !== 'case.status-changed' || (state !== null && pinnedCaseStates.has(state));
}

function recordOf(kind: MomentKind, text: (name: string) => string | null): string | null {
  switch (kind) {
    case 'command.state-changed':
      return text('commandId');
    case 'case.created':
    case 'case.status-changed':
      return text('caseId');
    case 'work-order.created':
    case 'work-order.status-changed':
      return text('workOrderId');
    default:
      return text('alertId');
  }
}
