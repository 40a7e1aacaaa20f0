import { sql, type Transaction } from '../platform/index.ts';

/** A device may have so many signals; readings of further ones are refused. */
export const signalsPerDeviceMax = 1000;
/** Twice as many are remembered at most; ten signals of a hundred thousand devices take some fifty megabytes. */
const rememberedMax = 1_000_000;

export interface SignalKey {
  readonly deviceId: string;
  readonly name: string;
}

/** The numbers under which (device, signal) is stored, remembered from batch to batch. */
export interface SignalNumbers {
  /** By `keyOf`. Signals that are new get a number; those beyond the limit of their device are left out. */
  numbersOf(transaction: Transaction, signals: ReadonlyMap<string, SignalKey>): Promise<Map<string, number>>;
}

export function keyOf(deviceId: string, name: string): string {
  return `${deviceId} ${name}`;
}

export function createSignalNumbers(signalsMax = rememberedMax): SignalNumbers {
  const remembered = new SignalMemory(signalsMax);
  /** What a transaction made itself is gone again where it is rolled back. */
  const made = new WeakMap<Transaction, Set<string>>();
  return {
    async numbersOf(transaction, signals) {
      const numbers = new Map<string, number>();
      let missing: SignalKey[] = [];
      for (const [key, signal] of signals) {
        const number = remembered.get(signal);
        if (number === undefined) {
          missing.push(signal);
        } else {
          numbers.set(key, number);
        }
      }
      if (missing.length === 0) {
        return numbers;
      }
      for (const row of await select(transaction, missing)) {
        const key = keyOf(row.device_id, row.name);
        numbers.set(key, row.id);
        if (!made.get(transaction)?.has(key)) {
          remembered.set({ deviceId: row.device_id, name: row.name }, row.id);
        }
      }
      missing = missing.filter(({ deviceId, name }) => !numbers.has(keyOf(deviceId, name)));
      if (missing.length > 0) {
        // Not remembered before another transaction sees them committed.
        await insert(transaction, missing);
        const own = made.get(transaction) ?? new Set();
        made.set(transaction, own);
        for (const row of await select(transaction, missing)) {
          numbers.set(keyOf(row.device_id, row.name), row.id);
          own.add(keyOf(row.device_id, row.name));
        }
      }
      return numbers;
    },
  };
}

/** Numbers by device and name. Those that were not asked for lately are forgotten where there are too many. */
class SignalMemory {
  readonly #signalsMax: number;
  #lately = new Map<string, Map<string, number>>();
  #before = new Map<string, Map<string, number>>();
  #size = 0;

  constructor(signalsMax: number) {
    this.#signalsMax = signalsMax;
  }

  get({ deviceId, name }: SignalKey): number | undefined {
    const number = this.#lately.get(deviceId)?.get(name);
    if (number !== undefined) {
      return number;
    }
    const older = this.#before.get(deviceId)?.get(name);
    if (older !== undefined) {
      this.set({ deviceId, name }, older);
    }
    return older;
  }

  set({ deviceId, name }: SignalKey, number: number): void {
    if (this.#size >= this.#signalsMax) {
      this.#before = this.#lately;
      this.#lately = new Map();
      this.#size = 0;
    }
    const ofDevice = this.#lately.get(deviceId) ?? new Map<string, number>();
    this.#lately.set(deviceId, ofDevice);
    this.#size += ofDevice.has(name) ? 0 : 1;
    ofDevice.set(name, number);
  }
}

interface NumberRow {
  id: number;
  device_id: string;
  name: string;
}

async function select(transaction: Transaction, signals: readonly SignalKey[]): Promise<NumberRow[]> {
  const found = await sql<NumberRow>`
    select id, device_id, name from telemetry_signals
    where (device_id, name) in (select * from unnest(${signals.map((signal) => signal.deviceId)}::text[],
      ${signals.map((signal) => signal.name)}::text[]))`.execute(transaction);
  return found.rows;
}

/** In one order everywhere, so that two transactions do not wait for each other crosswise. */
async function insert(transaction: Transaction, signals: readonly SignalKey[]): Promise<void> {
  await sql`
    insert into telemetry_signals (device_id, name)
    select device_id, name from (
      select wanted.device_id, wanted.name, existing.count
        + row_number() over (partition by wanted.device_id order by wanted.name) as position
      from unnest(${signals.map((signal) => signal.deviceId)}::text[], ${signals.map((signal) => signal.name)}::text[])
          as wanted (device_id, name)
        cross join lateral (
          select count(*) from telemetry_signals where device_id = wanted.device_id) as existing) as counted
    where position <= ${signalsPerDeviceMax}
    order by device_id, name
    on conflict do nothing`.execute(transaction);
}
