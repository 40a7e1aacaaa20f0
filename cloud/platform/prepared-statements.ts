import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';

/** A statement is prepared from this run on; those that are run once are not worth a plan that is kept. */
const runsUntilPrepared = 4;
/** Each costs memory in every connection. Statements whose text differs from call to call never come to be prepared. */
const statementsMax = 500;
const textCharactersMax = 8_000;
/** Texts that are counted at one time; then the counting begins anew. */
const countedMax = 5_000;

/** SQLSTATE of `cached plan must not change result type`: a migration of another replica changed a table. */
const planIsOutdated = '0A000';

/**
 * Names for the statements that are run often, so that PostgreSQL parses and plans them once for each connection: with
 * short transactions of many small statements, planning is most of the work. PostgreSQL itself goes back to planning
 * each run where the values matter (`plan_cache_mode` auto).
 */
export class StatementNames {
  readonly #runs = new Map<string, number>();
  readonly #names = new Map<string, string>();
  #generation = 0;

  /** The name under which to prepare this text; undefined where it is run as it is. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined) {
      return `andon_${this.#generation}_${known}`;
    }
    if (text.length > textCharactersMax || this.#names.size >= statementsMax) {
      return undefined;
    }
    const runs = (this.#runs.get(text) ?? 0) + 1;
    if (runs < runsUntilPrepared) {
      if (this.#runs.size >= countedMax) {
        this.#runs.clear();
      }
      this.#runs.set(text, runs);
      return undefined;
    }
    this.#runs.delete(text);
    this.#names.set(text, String(this.#names.size));
    return this.nameOf(text);
  }

  /** Tables have changed under the plans: every statement is prepared anew, under another name. */
  renew(): void {
    this.#generation += 1;
  }
}

/** The statement will be planned anew when it is tried again. */
export function isOutdatedPlan(error: unknown): boolean {
  return (
    error instanceof pg.DatabaseError && error.code === planIsOutdated && /cached plan/.test(error.message)
  );
}

/** Runs a statement by a client that is checked out, prepared if it is one of those run often. */
async function runPrepared(
  client: pg.PoolClient,
  names: StatementNames,
  text: string,
  values: readonly unknown[],
): Promise<pg.QueryResult> {
  const name = values.length === 0 ? undefined : names.nameOf(text);
  try {
    return await client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  } catch (error) {
    if (isOutdatedPlan(error)) {
      names.renew();
    }
    throw error;
  }
}

/** A pool as Kysely asks for one, whose clients prepare what is run often. */
export function preparingPool(pool: pg.Pool): PostgresPool {
  const names = new StatementNames();
  const preparing = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = preparing.get(client) ?? preparingClient(client, names);
      preparing.set(client, known);
      return known;
    },
  };
}

function preparingClient(client: pg.PoolClient, names: StatementNames): PostgresPoolClient {
  return new Proxy<PostgresPoolClient>(client, {
    get(target, property) {
      if (property === 'query') {
        return (text: string, values: readonly unknown[]) => runPrepared(client, names, text, values);
      }
      const member: unknown = Reflect.get(target, property);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
