import type { Gateways } from '../gateways/index.ts';
import { type Database, inTransaction, sql, type Transaction } from '../platform/index.ts';
import type { Dependencies } from './dependencies.ts';
import { judgeRegistration } from './registration-status.ts';
import { takeRegistrationSteps } from './registration-steps.ts';

const registrationsPerRoundMax = 1000;

/** Looks at registrations in progress: which has its gateway taken, which will it never take? Answers how many. */
export async function judgeRegistrations({ platform, gateways }: Dependencies): Promise<number> {
  const waiting = await findWaiting(platform.database);
  if (waiting.length === 0) {
    return 0;
  }
  return inTransaction(platform.database, async (transaction) => {
    let judged = 0;
    for (const deviceId of waiting) {
      judged += (await judgeOne(transaction, gateways, deviceId, platform.clock.now())) ? 1 : 0;
    }
    return judged;
  });
}

async function findWaiting(database: Database): Promise<string[]> {
  const found = await sql<{ id: string }>`
    select id from devices where registration_status = 'in-progress' and definition_number is not null
    order by id limit ${registrationsPerRoundMax}`.execute(database);
  return found.rows.map((row) => row.id);
}

async function judgeOne(
  transaction: Transaction,
  gateways: Gateways,
  deviceId: string,
  now: number,
): Promise<boolean> {
  const found = await sql<{ gateway_id: string; definition_number: number; definition_sent_at: Date }>`
    select gateway_id, definition_number, definition_sent_at from devices
    where id = ${deviceId} and registration_status = 'in-progress' for no key update skip locked`.execute(
    transaction,
  );
  const device = found.rows[0];
  const gateway = device && (await gateways.findGateway(transaction, device.gateway_id));
  const verdict =
    device &&
    gateway &&
    judgeRegistration({
      definitionNumber: device.definition_number,
      definitionSentAt: device.definition_sent_at.getTime(),
      gateway,
      now,
    });
  if (verdict === undefined) {
    return false;
  }
  const step = {
    deviceId,
    action: 'register',
    from: 'in-progress',
    actor: 'system:devices',
    ...verdict,
  } as const;
  await takeRegistrationSteps(transaction, [step], new Date(now));
  return true;
}
