import {
  appendEvents,
  type Database,
  inTransaction,
  type Platform,
  sql,
  type Transaction,
  transactionCompanions,
} from '../platform/index.ts';

/** A gateway of which nothing was heard for this long is away. */
export const awayAfterMilliseconds = 60_000;
const touchEveryMilliseconds = 5000;

/** Who of the gateways is here: connected while its stream is open or an uplink came a short time ago. */
export interface Presence {
  /** An uplink came. Cheap to call often: of one gateway no more than one is being written at a time. */
  heard(gatewayId: string): Promise<void>;
  /** Its stream is open; that alone proves nothing for long. */
  keepConnected(gatewayId: string): Promise<void>;
  /** It did something just now, which is recorded elsewhere. */
  proven(gatewayId: string): void;
  /** Milliseconds since it last proved here that it is there. */
  silentFor(gatewayId: string): number;
  /** Marks as away whoever fell silent; answers how many. */
  markAway(): Promise<number>;
}

export function createPresence(platform: Platform): Presence {
  const lastTouch = new Map<string, number>();
  const lastProof = new Map<string, number>();
  const { clock } = platform;

  const touching = new Map<string, Promise<void>>();

  const touch = async (gatewayId: string): Promise<void> => {
    const monotonic = clock.monotonic();
    try {
      // Several requests may wait for it: what accompanies one of them has no part in it.
      await transactionCompanions.exit(() =>
        inTransaction(platform.database, (transaction) =>
          markConnected(transaction, gatewayId, new Date(clock.now())),
        ),
      );
      lastTouch.set(gatewayId, monotonic);
    } finally {
      touching.delete(gatewayId);
    }
  };

  const keepConnected = async (gatewayId: string): Promise<void> => {
    const touched = lastTouch.get(gatewayId);
    if (touched !== undefined && clock.monotonic() - touched < touchEveryMilliseconds) {
      return;
    }
    const running = touching.get(gatewayId) ?? touch(gatewayId);
    touching.set(gatewayId, running);
    await running;
  };

  return {
    keepConnected,
    async heard(gatewayId) {
      lastProof.set(gatewayId, clock.monotonic());
      await keepConnected(gatewayId);
    },
    proven(gatewayId) {
      lastProof.set(gatewayId, clock.monotonic());
    },
    silentFor: (gatewayId) => clock.monotonic() - (lastProof.get(gatewayId) ?? Number.NEGATIVE_INFINITY),
    async markAway() {
      const away = await markSilentAway(platform.database, clock.now());
      for (const gatewayId of away) {
        lastTouch.delete(gatewayId);
      }
      return away.length;
    },
  };
}

export async function markConnected(transaction: Transaction, gatewayId: string, now: Date): Promise<void> {
  const turned = await sql`update gateways set connected = true, last_seen_at = ${now}
    where id = ${gatewayId} and not connected`.execute(transaction);
  if (turned.numAffectedRows === 1n) {
    await announce(transaction, [gatewayId], true, now);
  } else {
    await sql`update gateways set last_seen_at = ${now} where id = ${gatewayId}`.execute(transaction);
  }
}

function markSilentAway(database: Database, now: number): Promise<string[]> {
  return inTransaction(database, async (transaction) => {
    // A time in the future comes from a clock that was set back since.
    const turned = await sql<{ id: string }>`
      with silent as (
        select id from gateways
        where connected and last_seen_at not between ${new Date(now - awayAfterMilliseconds)}
          and ${new Date(now + awayAfterMilliseconds)}
        order by id for no key update)
      update gateways set connected = false from silent where gateways.id = silent.id returning gateways.id`.execute(
      transaction,
    );
    const ids = turned.rows.map((row) => row.id);
    await announce(transaction, ids, false, new Date(now));
    return ids;
  });
}

async function announce(
  transaction: Transaction,
  gatewayIds: readonly string[],
  connected: boolean,
  now: Date,
): Promise<void> {
  await appendEvents(
    transaction,
    gatewayIds.map((gatewayId) => ({
      type: 'gateway.connection-changed',
      key: gatewayId,
      payload: { gatewayId, connected },
      actor: connected ? `gateway:${gatewayId}` : 'system:gateways',
      occurredAt: now,
    })),
  );
}
