import { appendEvents, sql, type Transaction } from '../platform/index.ts';
import {
  mayBecome,
  type RegistrationAction,
  type RegistrationStatus,
  resultOf,
} from './registration-status.ts';

export interface RegistrationChange {
  readonly deviceId: string;
  readonly action: RegistrationAction;
  readonly from: RegistrationStatus;
  /** The same as `from` where the device is activated or deactivated. */
  readonly to: RegistrationStatus;
  readonly actor: string;
  /** One sentence for people: what happened. */
  readonly detail: string;
}

const isStep = (action: RegistrationAction): boolean => action === 'register' || action === 'unregister';

/** A device that is activated or deactivated stays where its registration is. */
const resultOfChange = ({ action, to }: RegistrationChange) => (isStep(action) ? resultOf(to) : 'succeeded');

/** Takes devices a step further, keeps the step in their history, and tells of it. The rows must be locked. */
export async function takeRegistrationSteps(
  transaction: Transaction,
  changes: readonly RegistrationChange[],
  now: Date,
): Promise<void> {
  for (const change of changes) {
    const { deviceId, action, from, to, actor, detail } = change;
    if (isStep(action) && !mayBecome(from, to)) {
      throw new Error(`the registration of ${deviceId} cannot go from ${from} to ${to}`);
    }
    await sql`update devices set registration_status = ${to}, updated_at = ${now} where id = ${deviceId}`.execute(
      transaction,
    );
    await sql`
      insert into device_registration_history (device_id, action, result, from_status, to_status, actor, detail, at)
      values (${deviceId}, ${action}, ${resultOfChange(change)}, ${from}, ${to}, ${actor}, ${detail}, ${now})`.execute(
      transaction,
    );
  }
  await appendEvents(
    transaction,
    changes.map((change) => ({
      type: 'device.registration-changed',
      key: change.deviceId,
      payload: {
        deviceId: change.deviceId,
        action: change.action,
        result: resultOfChange(change),
        from: change.from,
        to: change.to,
      },
      actor: change.actor,
      occurredAt: now,
    })),
  );
}
