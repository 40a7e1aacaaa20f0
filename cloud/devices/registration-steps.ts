import { appendEvents, sql, type Transaction } from '../platform/index.ts';
import { mayBecome, type RegistrationStatus } from './registration-status.ts';

export interface RegistrationChange {
  readonly deviceId: string;
  readonly from: RegistrationStatus;
  readonly to: RegistrationStatus;
  readonly actor: string;
  /** One sentence for people: what happened. */
  readonly detail: string;
}

/** Takes devices a step further, keeps the step in their history, and tells of it. The rows must be locked. */
export async function takeRegistrationSteps(
  transaction: Transaction,
  changes: readonly RegistrationChange[],
  now: Date,
): Promise<void> {
  for (const { deviceId, from, to, actor, detail } of changes) {
    if (!mayBecome(from, to)) {
      throw new Error(`the registration of ${deviceId} cannot go from ${from} to ${to}`);
    }
    await sql`update devices set registration_status = ${to}, updated_at = ${now} where id = ${deviceId}`.execute(
      transaction,
    );
    await sql`
      insert into device_registration_history (device_id, from_status, to_status, actor, detail, at)
      values (${deviceId}, ${from}, ${to}, ${actor}, ${detail}, ${now})`.execute(transaction);
  }
  await appendEvents(
    transaction,
    changes.map(({ deviceId, from, to, actor }) => ({
      type: 'device.registration-changed',
      key: deviceId,
      payload: { deviceId, from, to },
      actor,
      occurredAt: now,
    })),
  );
}
