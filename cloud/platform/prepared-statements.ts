import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';

/** So often must a statement be run within so many runs of any: the others are not worth a plan that is kept. */
const runsUntilPrepared = 20;
const runsCountedMax = 20_000;
/** Each costs some tens of kilobytes in every connection. */
const statementsMax = 150;
const textCharactersMax = 4_000;
/** Texts that are counted at one time; then the counting begins anew. */
const textsCountedMax = 1_000;

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
  #counted = 0;
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
    this.#counted += 1;
    if (this.#counted > runsCountedMax || this.#runs.size >= textsCountedMax) {
      this.#runs.clear();
      this.#counted = 0;
    }
    const runs = (this.#runs.get(text) ?? 0) + 1;
    if (runs < runsUntilPrepared) {
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
