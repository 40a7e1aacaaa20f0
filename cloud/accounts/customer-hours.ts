import { AndonError, type IdentifierSource } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import { isTimeZone } from './time-zone.ts';
import { WeeklyHours } from './weekly-hours.ts';

/** When machines may be touched from afar; an empty week removes the hours: then they may at any time. */
export const CustomerHours = Type.Object(
  { timeZone: Type.String({ minLength: 1, maxLength: 64 }), weekly: WeeklyHours },
  { additionalProperties: false },
);
export type CustomerHours = Static<typeof CustomerHours>;

/** Whose hours: those of an account, or of one of its sites. */
export type HoursOwner = { readonly accountId: string } | { readonly siteId: string };

/** Where a machine stands. */
export interface PlaceOfMachine {
  readonly accountId: string;
  readonly siteId: string | null;
}

const columnOf = (owner: HoursOwner) =>
  'accountId' in owner
    ? { table: sql.table('accounts'), column: sql.ref('account_id'), id: owner.accountId }
    : { table: sql.table('sites'), column: sql.ref('site_id'), id: owner.siteId };

export async function findHours(database: Database, owner: HoursOwner): Promise<CustomerHours | undefined> {
  const { column, id } = columnOf(owner);
  const found = await sql<{ time_zone: string; weekly: WeeklyHours }>`
    select time_zone, weekly from customer_hours where ${column} = ${id}`.execute(database);
  const row = found.rows[0];
  return row && { timeZone: row.time_zone, weekly: row.weekly };
}

export async function keepHours(
  transaction: Transaction,
  newId: IdentifierSource,
  hours: { owner: HoursOwner; input: CustomerHours; now: Date },
): Promise<void> {
  const { owner, input, now } = hours;
  if (!isTimeZone(input.timeZone)) {
    throw new AndonError({
      code: 'accounts.no-such-time-zone-of-hours',
      message: `There is no time zone ${input.timeZone}.`,
      nextStep: 'Give one of the IANA database, such as America/Bogota.',
      field: 'timeZone',
      status: 422,
    });
  }
  const { table, column, id } = columnOf(owner);
  // Two people who keep them at once wait for each other here: the later one's stand.
  await sql`select from ${table} where id = ${id} for no key update`.execute(transaction);
  await sql`delete from customer_hours where ${column} = ${id}`.execute(transaction);
  if (input.weekly.length > 0) {
    await sql`insert into customer_hours (id, ${column}, time_zone, weekly, updated_at)
      values (${newId()}, ${id}, ${input.timeZone}, ${JSON.stringify(input.weekly)}::jsonb, ${now})`.execute(
      transaction,
    );
  }
}

/** The hours of each place: its site's, else its account's, else those of the nearest account above that has some. */
export async function hoursOfPlaces(
  database: Database,
  places: readonly PlaceOfMachine[],
): Promise<(CustomerHours | undefined)[]> {
  const rows = places.map(({ accountId, siteId }, number) => ({
    number,
    account_id: accountId,
    site_id: siteId,
  }));
  const found = await sql<{ number: number; time_zone: string | null; weekly: WeeklyHours | null }>`
    with recursive places as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as place (number int, account_id uuid, site_id uuid)
    ), above (start, id, parent_id, distance) as (
      select distinct accounts.id, accounts.id, accounts.parent_id, 1
      from accounts join places on places.account_id = accounts.id
      union all
      select above.start, accounts.id, accounts.parent_id, above.distance + 1
      from above join accounts on accounts.id = above.parent_id
    )
    select places.number, hours.time_zone, hours.weekly
    from places left join lateral (
      select time_zone, weekly from (
        select time_zone, weekly, 0 as distance from customer_hours where site_id = places.site_id
        union all
        select time_zone, weekly, distance from above join customer_hours on customer_hours.account_id = above.id
        where above.start = places.account_id) as candidates
      order by distance limit 1) as hours on true`.execute(database);
  const byNumber = new Map(found.rows.map((row) => [row.number, row]));
  return places.map((_place, number) => {
    const row = byNumber.get(number);
    return row === undefined || row.time_zone === null || row.weekly === null
      ? undefined
      : { timeZone: row.time_zone, weekly: row.weekly };
  });
}
