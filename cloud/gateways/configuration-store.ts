import type {
  ConfigurationFindings,
  ConfigurationMistake,
  ConfigurationReport,
  ConfirmedBy,
  DownlinkMessage,
} from '@andon/shared/contracts';
import { type Database, sql, staleVersion, type Transaction } from '../platform/index.ts';
import type {
  ConfigurationCheckResult,
  ConfigurationVersion,
  ConfigurationVersionSummary,
  GatewayConfigurationState,
} from './configuration-schemas.ts';
import { sha256Of } from './gateway-store.ts';

export const configurationsKeptMax = 100;
const checksKeptMilliseconds = 86_400_000;

type State = ConfigurationVersionSummary['state'];

type ConfigurationTables = {
  gateway_configurations: {
    gateway_id: string;
    number: number;
    text: string;
    sha256: string;
    confirmed_by: ConfirmedBy;
    confirm_within_seconds: number;
    state: State;
    reason: string | null;
    mistakes: ConfigurationMistake[];
    changes: string[];
    created_by: string;
    created_at: Date;
    state_at: Date;
  };
  gateway_running_configurations: {
    gateway_id: string;
    number: number | null;
    source: ConfigurationReport['source'];
    sha256: string;
    text: string | null;
    at: Date;
  };
  gateway_configuration_checks: {
    id: string;
    gateway_id: string;
    created_by: string;
    created_at: Date;
    answered_at: Date | null;
    mistakes: ConfigurationMistake[];
    changes: string[];
  };
};
export type ConfigurationRow = ConfigurationTables['gateway_configurations'];

export function toVersionSummary(row: ConfigurationRow): ConfigurationVersionSummary {
  return {
    number: row.number,
    state: row.state,
    reason: row.reason,
    mistakes: row.mistakes,
    changes: row.changes,
    confirmedBy: row.confirmed_by,
    confirmWithinSeconds: row.confirm_within_seconds,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    stateAt: row.state_at.toISOString(),
  };
}

export const toVersion = (row: ConfigurationRow): ConfigurationVersion => ({
  ...toVersionSummary(row),
  text: row.text,
});

export async function listConfigurations(
  database: Database,
  filter: { gatewayId: string; limit: number; beforeNumber?: number },
): Promise<ConfigurationRow[]> {
  let query = database
    .withTables<ConfigurationTables>()
    .selectFrom('gateway_configurations')
    .selectAll()
    .where('gateway_id', '=', filter.gatewayId);
  if (filter.beforeNumber !== undefined) {
    query = query.where('number', '<', filter.beforeNumber);
  }
  return query
    .orderBy('number', 'desc')
    .limit(filter.limit + 1)
    .execute();
}

export async function findConfiguration(
  database: Database,
  gatewayId: string,
  number: number,
): Promise<ConfigurationRow | undefined> {
  return database
    .withTables<ConfigurationTables>()
    .selectFrom('gateway_configurations')
    .selectAll()
    .where('gateway_id', '=', gatewayId)
    .where('number', '=', number)
    .executeTakeFirst();
}

export async function describeConfiguration(
  database: Database,
  gatewayId: string,
): Promise<GatewayConfigurationState> {
  const [wanted] = await listConfigurations(database, { gatewayId, limit: 1 });
  const running = await database
    .withTables<ConfigurationTables>()
    .selectFrom('gateway_running_configurations')
    .selectAll()
    .where('gateway_id', '=', gatewayId)
    .executeTakeFirst();
  return {
    id: gatewayId,
    version: (wanted?.number ?? 0) + 1,
    wanted: wanted === undefined ? null : toVersion(wanted),
    running:
      running === undefined
        ? null
        : {
            number: running.number,
            source: running.source,
            sha256: running.sha256,
            text: running.text,
            at: running.at.toISOString(),
          },
  };
}

/** The next configuration of a gateway. The gateway's row is locked, so that there is one next. */
export async function insertConfiguration(
  transaction: Transaction,
  gatewayId: string,
  input: {
    expectedNumber: number;
    text: string;
    confirmedBy: ConfirmedBy;
    confirmWithinSeconds: number;
    createdBy: string;
    now: Date;
  },
): Promise<ConfigurationRow> {
  await sql`select 1 from gateways where id = ${gatewayId} for no key update`.execute(transaction);
  const [last] = await listConfigurations(transaction, { gatewayId, limit: 1 });
  const number = (last?.number ?? 0) + 1;
  if (number !== input.expectedNumber) {
    throw staleVersion(input.expectedNumber, number);
  }
  const configurations = transaction.withTables<ConfigurationTables>();
  await configurations
    .updateTable('gateway_configurations')
    .set({ state: 'superseded', state_at: input.now })
    .where('gateway_id', '=', gatewayId)
    .where('state', '=', 'pending')
    .execute();
  await configurations
    .deleteFrom('gateway_configurations')
    .where('gateway_id', '=', gatewayId)
    .where('number', '<=', number - configurationsKeptMax)
    .execute();
  const inserted = await sql<ConfigurationRow>`
    insert into gateway_configurations (gateway_id, number, text, sha256, confirmed_by, confirm_within_seconds,
      state, created_by, created_at, state_at)
    values (${gatewayId}, ${number}, ${input.text}, ${sha256Of(input.text)}, ${input.confirmedBy},
      ${input.confirmWithinSeconds}, 'pending', ${input.createdBy}, ${input.now}, ${input.now})
    returning *`.execute(transaction);
  const row = inserted.rows[0];
  if (row === undefined) {
    throw new Error('the configuration was not stored');
  }
  return row;
}

export const pushOf = (row: ConfigurationRow): DownlinkMessage => ({
  type: 'configuration',
  version: row.number,
  text: row.text,
  confirmedBy: row.confirmed_by,
  confirmWithinSeconds: row.confirm_within_seconds,
});

/** What a gateway with an empty data folder is told: the last configuration, unless it turned out to be no good. */
export async function wantedOfGateway(
  transaction: Transaction,
  gatewayId: string,
): Promise<DownlinkMessage[]> {
  const [last] = await listConfigurations(transaction, { gatewayId, limit: 1 });
  return last !== undefined && ['pending', 'applied', 'confirmed'].includes(last.state) ? [pushOf(last)] : [];
}

/**
 * Takes a gateway's word on one of its configurations. Gives whether it is news of one that was written here: a word
 * that is repeated, or comes after the last one on it, is none.
 */
export async function takeReport(
  transaction: Transaction,
  gatewayId: string,
  report: ConfigurationReport,
): Promise<boolean> {
  const at = new Date(report.at);
  if (report.state === 'confirmed') {
    await sql`
      insert into gateway_running_configurations (gateway_id, number, source, sha256, text, at)
      values (${gatewayId}, ${report.version ?? null}, ${report.source}, ${report.sha256},
        coalesce(${report.text ?? null}, (select text from gateway_configurations
          where gateway_id = ${gatewayId} and sha256 = ${report.sha256} limit 1)), ${at})
      on conflict (gateway_id) do update set number = excluded.number, source = excluded.source,
        sha256 = excluded.sha256, text = excluded.text, at = excluded.at`.execute(transaction);
  }
  if (report.version === undefined) {
    return report.state === 'confirmed';
  }
  const updated = await sql`
    update gateway_configurations set state = ${report.state}, state_at = ${at},
      reason = ${report.reason ?? null}, mistakes = ${JSON.stringify(report.mistakes ?? [])}::jsonb,
      changes = case when ${report.changes === undefined} then changes
        else ${JSON.stringify(report.changes ?? [])}::jsonb end
    where gateway_id = ${gatewayId} and number = ${report.version} and sha256 = ${report.sha256}
      and state <> ${report.state} and state in ('pending', 'applied', 'superseded')`.execute(transaction);
  return (updated.numAffectedRows ?? 0n) > 0n;
}

export async function insertCheck(
  transaction: Transaction,
  check: {
    id: string;
    gatewayId: string;
    createdBy: string;
    now: Date;
    /** What is wrong already by what the cloud knows: then the gateway is not asked. */
    mistakes: readonly ConfigurationMistake[];
  },
): Promise<void> {
  const { id, gatewayId, createdBy, now, mistakes } = check;
  const eldest = new Date(now.getTime() - checksKeptMilliseconds);
  await sql`delete from gateway_configuration_checks where created_at < ${eldest}`.execute(transaction);
  await sql`
    insert into gateway_configuration_checks (id, gateway_id, created_by, created_at, answered_at, mistakes)
    values (${id}, ${gatewayId}, ${createdBy}, ${now}, ${mistakes.length > 0 ? now : null},
      ${JSON.stringify(mistakes)}::jsonb)`.execute(transaction);
}

/** Gives whether somebody asked for it. */
export async function takeFindings(
  transaction: Transaction,
  gatewayId: string,
  findings: ConfigurationFindings,
  now: Date,
): Promise<boolean> {
  const updated = await sql`
    update gateway_configuration_checks set answered_at = ${now},
      mistakes = ${JSON.stringify(findings.mistakes ?? [])}::jsonb,
      changes = ${JSON.stringify(findings.changes ?? [])}::jsonb
    where id = ${findings.id} and gateway_id = ${gatewayId} and answered_at is null`.execute(transaction);
  return (updated.numAffectedRows ?? 0n) > 0n;
}

export async function findCheck(
  database: Database,
  gatewayId: string,
  id: string,
): Promise<ConfigurationCheckResult | undefined> {
  const row = await database
    .withTables<ConfigurationTables>()
    .selectFrom('gateway_configuration_checks')
    .selectAll()
    .where('gateway_id', '=', gatewayId)
    .where('id', '=', id)
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      state: row.answered_at === null ? 'waiting' : 'answered',
      mistakes: row.mistakes,
      changes: row.changes,
      createdAt: row.created_at.toISOString(),
    }
  );
}
