import { Slug } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { inTransaction, type Platform, sql, type Transaction } from '../platform/index.ts';
import { Attribute } from './attributes.ts';
import caseResolved from './built-in/case-resolved.json' with { type: 'json' };
import deviceErrorToCase from './built-in/device-error-to-case.json' with { type: 'json' };
import triggers from './built-in/triggers.json' with { type: 'json' };
import type { Publishing } from './publishing.ts';
import type { JourneyRow } from './tables.ts';
import { insertTrigger, updateBuiltInTrigger } from './trigger-store.ts';

const BuiltInTriggers = Type.Array(
  Type.Object({ name: Slug, title: Type.String(), attributes: Type.Array(Attribute) }),
);

interface BuiltInJourney {
  readonly key: string;
  /** Raised with each change of the file. */
  readonly version: number;
  readonly name: string;
  readonly definition: unknown;
}
const journeys: readonly BuiltInJourney[] = [deviceErrorToCase, caseResolved];

const actor = 'system:journeys';
const advisoryLockKey = 4_201_032;

/**
 * Brings the triggers and journeys of the product into the database: at the first start they are made and published;
 * a release that changed one adds a version, and publishes it where the one before is live. What people edited or
 * stopped stays as they left it. May run any number of times, and in several processes.
 */
export async function seedBuiltIn(platform: Platform, publishing: Publishing): Promise<void> {
  await inTransaction(platform.database, async (transaction) => {
    await sql`select pg_advisory_xact_lock(${advisoryLockKey})`.execute(transaction);
    for (const trigger of Value.Parse(BuiltInTriggers, triggers)) {
      const now = new Date(platform.clock.now());
      const id = platform.newId();
      await insertTrigger(transaction, { ...trigger, id, status: 'ready', builtIn: true, now });
      await updateBuiltInTrigger(transaction, { ...trigger, now });
    }
    for (const journey of journeys) {
      await seedJourney(transaction, publishing, journey);
    }
  });
}

async function seedJourney(
  transaction: Transaction,
  publishing: Publishing,
  { key, version, name, definition }: BuiltInJourney,
): Promise<void> {
  const found = await sql<JourneyRow & { edited: boolean }>`
    select *, exists (select 1 from journey_versions where journey_id = journeys.id and actor <> ${actor}) as edited
    from journeys where built_in_key = ${key}`.execute(transaction);
  const [journey] = found.rows;
  if (journey === undefined) {
    const id = await publishing.create(transaction, { name, definition, actor, builtIn: { key, version } });
    await publishing.publish(transaction, id, actor);
    return;
  }
  if ((journey.built_in_version ?? 0) < version && !journey.edited) {
    const { id } = journey;
    await publishing.edit(transaction, { id, expectedVersion: undefined, name, definition, actor });
    await sql`update journeys set built_in_version = ${version} where id = ${id}`.execute(transaction);
    if (journey.status === 'live') {
      await publishing.publish(transaction, id, actor);
    }
  }
}
