import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { Channel, ConsentRecord, ConsentState, Purpose } from './decision.ts';
import type { Consent } from './schemas.ts';

type ConsentTables = {
  consents: {
    id: string;
    contact_point: string;
    channel: Channel;
    purpose: Purpose;
    topic: string;
    state: ConsentState;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
  consent_changes: {
    consent_id: string;
    from_state: ConsentState | null;
    to_state: ConsentState;
    actor: string;
    source: string;
    changed_at: Date;
  };
};

const historyEntriesMax = 100;

export interface ConsentChange {
  readonly id: string;
  readonly contactPoint: string;
  readonly channel: Channel;
  readonly purpose: Purpose;
  readonly topic: string;
  readonly state: ConsentState;
  readonly actor: string;
  readonly source: string;
  readonly at: Date;
}

/** Sets one consent. Answers the state before (null: none), so that the caller knows whether anything changed. */
export async function setConsent(
  transaction: Transaction,
  change: ConsentChange,
): Promise<{ id: string; before: ConsentState | null }> {
  const tables = transaction.withTables<ConsentTables>();
  const inserted = await tables
    .insertInto('consents')
    .values({
      id: change.id,
      contact_point: change.contactPoint,
      channel: change.channel,
      purpose: change.purpose,
      topic: change.topic,
      state: change.state,
      created_at: change.at,
      updated_at: change.at,
      version: 1,
    })
    .onConflict((conflict) => conflict.constraint('consents_one_per_subject').doNothing())
    .returning('id')
    .executeTakeFirst();
  const before = inserted === undefined ? await changeExisting(transaction, change) : null;
  const id = inserted?.id ?? before?.id;
  if (id === undefined) {
    throw new Error('the consent was neither inserted nor found');
  }
  const from = before?.state ?? null;
  if (from !== change.state) {
    await tables
      .insertInto('consent_changes')
      .values({
        consent_id: id,
        from_state: from,
        to_state: change.state,
        actor: change.actor,
        source: change.source,
        changed_at: change.at,
      })
      .execute();
  }
  return { id, before: from };
}

async function changeExisting(transaction: Transaction, change: ConsentChange) {
  const tables = transaction.withTables<ConsentTables>();
  const before = await tables
    .selectFrom('consents')
    .select(['id', 'state'])
    .where('contact_point', '=', change.contactPoint)
    .where('channel', '=', change.channel)
    .where('purpose', '=', change.purpose)
    .where('topic', '=', change.topic)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (before.state !== change.state) {
    await tables
      .updateTable('consents')
      .set((expression) => ({
        state: change.state,
        updated_at: change.at,
        version: expression('version', '+', 1),
      }))
      .where('id', '=', before.id)
      .execute();
  }
  return before;
}

/** What one contact point said, for `decideConsent`. */
export async function consentRecordsOf(
  database: Database,
  channel: Channel,
  contactPoint: string,
): Promise<ConsentRecord[]> {
  return database
    .withTables<ConsentTables>()
    .selectFrom('consents')
    .select(['purpose', 'topic', 'state'])
    .where('contact_point', '=', contactPoint)
    .where('channel', '=', channel)
    .execute();
}

/** All consents of one contact point with their history, newest change first. */
export async function listConsents(
  database: Database,
  channel: Channel,
  contactPoint: string,
): Promise<Consent[]> {
  const tables = database.withTables<ConsentTables>();
  const rows = await tables
    .selectFrom('consents')
    .selectAll()
    .where('contact_point', '=', contactPoint)
    .where('channel', '=', channel)
    .orderBy('purpose')
    .orderBy('topic')
    .limit(historyEntriesMax)
    .execute();
  const changes =
    rows.length === 0
      ? []
      : await tables
          .selectFrom('consent_changes')
          .selectAll()
          .where(
            'consent_id',
            'in',
            rows.map((row) => row.id),
          )
          .orderBy('changed_at', 'desc')
          .limit(historyEntriesMax)
          .execute();
  return rows.map((row) => ({
    id: row.id,
    contactPoint: row.contact_point,
    channel: row.channel,
    purpose: row.purpose,
    topic: row.topic === '' ? null : row.topic,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
    history: changes
      .filter((change) => change.consent_id === row.id)
      .map((change) => ({
        at: change.changed_at.toISOString(),
        from: change.from_state,
        to: change.to_state,
        actor: change.actor,
        source: change.source,
      })),
  }));
}

export interface PointConsent {
  readonly contactPoint: string;
  readonly channel: Channel;
  readonly purpose: Purpose;
  readonly state: ConsentState;
}

/** What these contact points said of whole purposes. */
export async function consentsOfPoints(
  database: Database,
  contactPoints: readonly string[],
): Promise<PointConsent[]> {
  const { rows } = await sql<PointConsent>`
    select contact_point as "contactPoint", channel, purpose, state from consents
    where contact_point = any(${[...contactPoints]}::text[]) and topic = ''`.execute(database);
  return rows;
}

/** Sets many consents of whole purposes at once; answers those that were different, with the state before. */
export async function setConsents(
  transaction: Transaction,
  wishes: readonly (PointConsent & { readonly id: string })[],
  change: { readonly actor: string; readonly source: string; readonly at: Date },
): Promise<(PointConsent & { readonly id: string; readonly before: ConsentState | null })[]> {
  const wished = sql`
    select * from jsonb_to_recordset(${JSON.stringify(wishes)}::jsonb)
      as wish (id uuid, "contactPoint" text, channel text, purpose text, state text)`;
  // In one order, whoever sets some: a word that comes from a phone sets the purposes of one number in turn.
  const present = await sql<PointConsent>`
    select contact_point as "contactPoint", consents.channel, consents.purpose, consents.state
    from consents join (${wished}) as wish on contact_point = "contactPoint" and consents.channel = wish.channel
      and consents.purpose = wish.purpose and topic = ''
    order by contact_point, consents.channel, consents.purpose desc for update of consents`.execute(
    transaction,
  );
  const keyOf = (one: PointConsent) => [one.channel, one.purpose, one.contactPoint].join(' ');
  const before = new Map(present.rows.map((row) => [keyOf(row), row.state]));
  const { rows } = await sql<PointConsent & { id: string }>`
    insert into consents (id, contact_point, channel, purpose, topic, state, created_at, updated_at, version)
    select id, "contactPoint", channel, purpose, '', state, ${change.at}, ${change.at}, 1 from (${wished}) as wish
    order by "contactPoint", channel, purpose desc
    on conflict on constraint consents_one_per_subject do update set state = excluded.state,
      updated_at = excluded.updated_at, version = consents.version + 1 where consents.state <> excluded.state
    returning id, contact_point as "contactPoint", channel, purpose, state`.execute(transaction);
  const changed = rows.map((row) => ({ ...row, before: before.get(keyOf(row)) ?? null }));
  await sql`
    insert into consent_changes (consent_id, from_state, to_state, actor, source, changed_at)
    select id, before, state, ${change.actor}, ${change.source}, ${change.at}
    from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) as row (id uuid, before text, state text)`.execute(
    transaction,
  );
  return changed;
}
