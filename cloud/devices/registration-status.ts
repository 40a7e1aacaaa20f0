import { type Static, Type } from 'typebox';

/** How far the registration of a device is. */
export const RegistrationStatus = Type.Enum(['unregistered', 'in-progress', 'registered', 'error']);
export type RegistrationStatus = Static<typeof RegistrationStatus>;

const steps: Readonly<Record<RegistrationStatus, readonly RegistrationStatus[]>> = {
  unregistered: ['in-progress'],
  'in-progress': ['registered', 'error', 'unregistered'],
  registered: ['unregistered'],
  // Tried again by a person, or the gateway did speak of it after all.
  error: ['in-progress', 'registered', 'unregistered'],
};

export function mayBecome(from: RegistrationStatus, to: RegistrationStatus): boolean {
  return steps[from].includes(to);
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
