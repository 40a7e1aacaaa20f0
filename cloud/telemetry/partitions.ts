import { type Database, inTransaction, sql, type Transaction } from '../platform/index.ts';

/** A table that is cut by time into others, which are made ahead and dropped as wholes. */
export interface PartitionedTable {
  readonly name: 'readings' | 'reading_minutes' | 'reading_hours';
  /** What it is cut by. */
  readonly cutBy: 'received_at' | 'start';
  /** When the newest of what a row holds arrived: what is kept is kept for so many days after that. */
  readonly arrival: 'received_at' | 'arrived_at';
  readonly days: number;
}

export interface Kept {
  readonly readingsDays: number;
  readonly minutesDays: number;
  readonly hoursDays: number;
}

export function tablesOf({ readingsDays, minutesDays, hoursDays }: Kept): PartitionedTable[] {
  return [
    { name: 'readings', cutBy: 'received_at', arrival: 'received_at', days: readingsDays },
    { name: 'reading_minutes', cutBy: 'start', arrival: 'arrived_at', days: minutesDays },
    { name: 'reading_hours', cutBy: 'start', arrival: 'arrived_at', days: hoursDays },
  ];
}

const millisecondsPerDay = 86_400_000;
/** A query of a signal may have to look into each of them, so there are about so many of a table at a time … */
const partitionsWanted = 16;
/** … and none is longer than this. */
const partitionDaysMax = 25;
const partitionsAhead = 2;
const rowsAtOnceMax = 10_000;
const roundsMax = 1000;
/** Nobody who stores or asks is held up for longer by a table that is made or dropped; it is tried again later. */
const lockMillisecondsMax = 2000;

/** How long one of them is: what is kept is kept for up to a sixteenth longer than it must be. */
export function partitionDays(days: number): number {
  return Math.min(partitionDaysMax, Math.max(1, Math.ceil(days / partitionsWanted)));
}

/** Stretches of time still to be made, whole days (UTC): from the end of the last, or from today where that is past. */
export function stretchesToMake(last: number | undefined, now: number, days: number): [number, number][] {
  const length = partitionDays(days) * millisecondsPerDay;
  const today = Math.floor(now / millisecondsPerDay) * millisecondsPerDay;
  const stretches: [number, number][] = [];
  for (let from = Math.max(last ?? today, today); from < now + partitionsAhead * length; from += length) {
    stretches.push([from, from + length]);
  }
  return stretches;
}

/**
 * Makes the tables of the days to come; answers how many. Rows of that time which came before their table (a date in
 * the future, a cloud that was off for long) move into it. Two at once: the later one waits, and finds them made.
 */
export async function makePartitions(
  database: Database,
  table: PartitionedTable,
  now: number,
): Promise<number> {
  return inTransaction(database, async (transaction) => {
    await beginHousework(transaction);
    const { rows } = await sql<{ last: Date | null }>`
      select max(until_time) as last from reading_partitions where table_name = ${table.name}`.execute(
      transaction,
    );
    const stretches = stretchesToMake(rows[0]?.last?.getTime(), now, table.days);
    if (stretches.length > 0) {
      // Or a row of that time could come into the default one between the move and the attachment, which then fails.
      await sql`lock table ${sql.table(table.name)} in share row exclusive mode`.execute(transaction);
    }
    for (const [from, until] of stretches) {
      await makePartition(transaction, table, new Date(from), new Date(until));
    }
    return stretches.length;
  });
}

async function beginHousework(transaction: Transaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(4201971)`.execute(transaction);
  await sql`set local statement_timeout = 0`.execute(transaction);
  await sql`set local lock_timeout = ${sql.raw(String(lockMillisecondsMax))}`.execute(transaction);
}

async function makePartition(
  transaction: Transaction,
  table: PartitionedTable,
  from: Date,
  until: Date,
): Promise<void> {
  const name = `${table.name}_${from.toISOString().slice(0, 10).replaceAll('-', '')}`;
  const parent = sql.table(table.name);
  const fallback = sql.table(`${table.name}_default`);
  const made = sql.table(name);
  // Roll-ups are updated in place, which wants room.
  const storage = table.name === 'readings' ? sql`` : sql`with (fillfactor = 80)`;
  await sql`create table ${made} (like ${parent} including defaults including indexes) ${storage}`.execute(
    transaction,
  );
  await sql`with moved as (
      delete from ${fallback} where ${sql.ref(table.cutBy)} >= ${from} and ${sql.ref(table.cutBy)} < ${until}
      returning *)
    insert into ${made} select * from moved`.execute(transaction);
  await sql`alter table ${parent} attach partition ${made}
    for values from (${sql.lit(from.toISOString())}) to (${sql.lit(until.toISOString())})`.execute(
    transaction,
  );
  await sql`insert into reading_partitions values (${table.name}, ${name}, ${from}, ${until})`.execute(
    transaction,
  );
}

/** Drops what is older than it must be kept, table by table, and row by row where they have no end; answers how much. */
export async function dropOld(
  database: Database,
  table: PartitionedTable,
  now: number,
): Promise<{ partitions: number; rows: number }> {
  const before = new Date(now - table.days * millisecondsPerDay);
  const partitions = await dropPartitions(database, table, before);
  let rows = 0;
  for (const name of [`${table.name}_default`, ...(table.name === 'readings' ? ['readings_before'] : [])]) {
    const deleted = await deleteRows(database, { name, arrival: table.arrival }, before);
    if (deleted > 0) {
      await noteIncompleteBefore(database, table, before);
    }
    rows += deleted;
  }
  return { partitions, rows };
}

async function dropPartitions(database: Database, table: PartitionedTable, before: Date): Promise<number> {
  const { rows: past } = await sql<{ partition_name: string }>`
    select partition_name from reading_partitions
    where table_name = ${table.name} and until_time <= ${before} order by until_time`.execute(database);
  let dropped = 0;
  for (const { partition_name: name } of past) {
    dropped += await inTransaction(database, (transaction) =>
      dropPartition(transaction, table, name, before),
    );
  }
  return dropped;
}

/** A roll-up of long ago that holds something which arrived lately stays until that is old, too. */
async function dropPartition(
  transaction: Transaction,
  table: PartitionedTable,
  name: string,
  before: Date,
): Promise<number> {
  await beginHousework(transaction);
  const { rows } = await sql<{ until_time: Date }>`
    select until_time from reading_partitions where partition_name = ${name}`.execute(transaction);
  const [gone] = rows;
  if (gone === undefined) {
    // Another replica was faster.
    return 0;
  }
  // Or a roll-up could come in after the look.
  await sql`lock table ${sql.table(name)} in share row exclusive mode`.execute(transaction);
  const late = await sql`
    select from ${sql.table(name)} where ${sql.ref(table.arrival)} >= ${before} limit 1`.execute(transaction);
  if (late.rows.length > 0) {
    return 0;
  }
  await sql`delete from reading_partitions where partition_name = ${name}`.execute(transaction);
  await sql`drop table ${sql.table(name)}`.execute(transaction);
  await noteIncompleteBefore(transaction, table, gone.until_time);
  return 1;
}

/** Deletes what arrived before, some at a time; of a table that is not there any more, nothing. */
export async function deleteRows(
  database: Database,
  { name, arrival }: { name: string; arrival: PartitionedTable['arrival'] },
  before: Date,
): Promise<number> {
  let deleted = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const count = await inTransaction(database, async (transaction) => {
      await beginHousework(transaction);
      const { rows } = await sql<{ there: boolean }>`
        select to_regclass(${name}) is not null as there`.execute(transaction);
      return rows[0]?.there ? deleteSome(transaction, { name, arrival }, before) : 0;
    });
    deleted += count;
    if (count < rowsAtOnceMax) {
      break;
    }
  }
  return deleted;
}

async function deleteSome(
  transaction: Transaction,
  { name, arrival }: { name: string; arrival: PartitionedTable['arrival'] },
  before: Date,
): Promise<number> {
  const result = await sql`
    delete from ${sql.table(name)} where ctid = any(array(
      select ctid from ${sql.table(name)} where ${sql.ref(arrival)} < ${before}
      limit ${rowsAtOnceMax} for update skip locked))`.execute(transaction);
  return Number(result.numAffectedRows ?? 0n);
}

/** A device's clock may be ahead of the arrival by so much. */
const clockToleranceMilliseconds = 3_600_000;

/** What happened before that is no longer whole in this table, so a query of it goes to the next coarser one. */
async function noteIncompleteBefore(database: Database, table: PartitionedTable, time: Date): Promise<void> {
  await sql`update reading_sources
    set complete_from = greatest(complete_from, ${new Date(time.getTime() + clockToleranceMilliseconds)})
    where name = ${table.name}`.execute(database);
}
