import { type Static, Type } from 'typebox';

/** How far the registration of a device is; `unknown` is one that came by itself, and nobody asked for yet. */
export const RegistrationStatus = Type.Enum([
  'unknown',
  'unregistered',
  'in-progress',
  'registered',
  'error',
]);
export type RegistrationStatus = Static<typeof RegistrationStatus>;

/** What people, or a gateway, ask for. */
export const RegistrationAction = Type.Enum(['register', 'unregister', 'activate', 'deactivate']);
export type RegistrationAction = Static<typeof RegistrationAction>;
export const RegistrationResult = Type.Enum(['in-progress', 'succeeded', 'failed']);
export type RegistrationResult = Static<typeof RegistrationResult>;

const steps: Readonly<Record<RegistrationStatus, readonly RegistrationStatus[]>> = {
  unknown: ['in-progress'],
  unregistered: ['in-progress'],
  'in-progress': ['registered', 'error', 'unregistered'],
  registered: ['unregistered'],
  // Tried again by a person, or the gateway did speak of it after all.
  error: ['in-progress', 'registered', 'unregistered'],
};

export function mayBecome(from: RegistrationStatus, to: RegistrationStatus): boolean {
  return steps[from].includes(to);
}

/** How the action that led to this status has ended, or that it has not yet. */
export function resultOf(to: RegistrationStatus): RegistrationResult {
  return to === 'in-progress' ? 'in-progress' : to === 'error' ? 'failed' : 'succeeded';
}

/** A connected gateway that has not taken the device's definition after this long is not going to. */
export const confirmationMilliseconds = 600_000;

/** What is known when a registration in progress is looked at. Times in epoch milliseconds. */
export interface RegistrationFacts {
  readonly definitionNumber: number;
  readonly definitionSentAt: number;
  readonly gateway: {
    readonly acknowledged: number;
    readonly connected: boolean;
    readonly keyRevoked: boolean;
  };
  readonly now: number;
}

/** Where a registration in progress goes now, and why; undefined: it waits. */
export function judgeRegistration(
  facts: RegistrationFacts,
): { to: RegistrationStatus; detail: string } | undefined {
  const { gateway } = facts;
  if (gateway.acknowledged >= facts.definitionNumber) {
    return { to: 'registered', detail: 'The gateway has journaled its definition.' };
  }
  if (gateway.keyRevoked) {
    return { to: 'error', detail: 'The key of its gateway is revoked.' };
  }
  if (gateway.connected && facts.now - facts.definitionSentAt > confirmationMilliseconds) {
    return { to: 'error', detail: 'The gateway is connected and has not taken its definition.' };
  }
  return undefined;
}
