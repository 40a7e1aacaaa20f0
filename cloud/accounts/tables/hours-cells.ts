import { type NewEvent, sql, type Tell, type Transaction, type Writing } from '../../platform/index.ts';
import type { CustomerHours } from '../customer-hours.ts';
import { isTimeZone } from '../time-zone.ts';
import { hoursAsText, hoursOfText } from './hours-text.ts';

export const hoursColumns = ['hours', 'hoursTimeZone'] as const;
type HoursColumn = (typeof hoursColumns)[number];

export interface HoursLine {
  readonly hours?: string;
  readonly hoursTimeZone?: string;
}

/** Hours as cells: two empty ones where there are none. */
export function hoursAsCells(hours: CustomerHours | null) {
  return hours === null || hours.weekly.length === 0
    ? { hours: null, hoursTimeZone: null }
    : { hours: hoursAsText(hours.weekly), hoursTimeZone: hours.timeZone };
}

export const sameHours = (one: CustomerHours | null, other: CustomerHours | null): boolean =>
  JSON.stringify(hoursAsCells(one)) === JSON.stringify(hoursAsCells(other));

/** The hours that a line wants; null: none. A line without the columns keeps those that are there. */
export function hoursOfLine(
  line: HoursLine,
  context: {
    readonly has: ReadonlySet<string>;
    readonly stored: CustomerHours | null;
    /** That of the place, where the line says no other for the hours. */
    readonly timeZone: string | null;
    readonly tell: Tell<HoursColumn>;
  },
): CustomerHours | null {
  const { has, stored, tell } = context;
  const weekly = has.has('hours') ? hoursOfText(line.hours ?? '') : (stored?.weekly ?? []);
  if (weekly === undefined) {
    tell('hours', 'Write hours like Mo-Fr 08:00-17:00; Sa 22:00-05:00, 30 of them at the most.');
    return null;
  }
  if (weekly.length === 0) {
    return null;
  }
  const said = has.has('hoursTimeZone') ? line.hoursTimeZone : stored?.timeZone;
  const timeZone = said ?? context.timeZone;
  if (timeZone === null) {
    tell('hoursTimeZone', 'It is empty: hours need the time zone that they are meant in.');
    return null;
  }
  if (!isTimeZone(timeZone)) {
    tell('hoursTimeZone', `There is no time zone ${timeZone.slice(0, 64)}; give one like America/Bogota.`);
  }
  return { timeZone, weekly };
}

/** Keeps the hours of many at once, in the place of those that they had, and gives what is to be told of it. */
export async function writeHours(
  transaction: Transaction,
  owner: { readonly column: 'account_id' | 'site_id'; readonly key: 'accountId' | 'siteId' },
  items: readonly { readonly id: string; readonly hours: CustomerHours | null }[],
  { now, newId, actor }: Writing,
): Promise<NewEvent[]> {
  const column = sql.ref(owner.column);
  const ids = items.map(({ id }) => id);
  await sql`delete from customer_hours where ${column} = any(${ids}::uuid[])`.execute(transaction);
  const rows = items.flatMap(({ id, hours }) =>
    hours === null ? [] : { id: newId(), owner: id, time_zone: hours.timeZone, weekly: hours.weekly },
  );
  await sql`
    insert into customer_hours (id, ${column}, time_zone, weekly, updated_at)
    select id, owner, time_zone, weekly, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (id uuid, owner uuid, time_zone text, weekly jsonb)`.execute(transaction);
  return items.map(({ id, hours }) => ({
    type: 'customer-hours.changed',
    key: id,
    payload: { [owner.key]: id, timeZone: hours?.timeZone ?? 'UTC', weekly: hours?.weekly ?? [] },
    actor,
    occurredAt: now,
  }));
}
