import { Severity } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { type Database, sql, staleVersion, type Transaction } from '../platform/index.ts';
import { defaultGrouping, type Grouping, GroupingField } from './grouping.ts';

const strict = { additionalProperties: false };

/** How the product tells one cause from many, and a restart from an outage. Times in seconds. */
export const AlertSettingsEdit = Type.Object(
  {
    /** A gateway that is away for this long, beyond the minute after which it counts as away, is an alert. */
    gatewayGraceSeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
    /** So long after it is back its devices may seem silent without anybody being told. */
    gatewayRecoverySeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
    gatewaySeverity: Severity,
    stormEnabled: Type.Boolean(),
    /** Alerts of so many devices with one cause ... */
    stormDevices: Type.Integer({ minimum: 2, maximum: 100_000 }),
    /** ... within this time are one incident ... */
    stormWindowSeconds: Type.Integer({ minimum: 1, maximum: 3600 }),
    /** ... which further ones join until none came for this long. */
    stormQuietSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  strict,
);
export type AlertSettingsEdit = Static<typeof AlertSettingsEdit>;
export const AlertSettings = Type.Object({ ...AlertSettingsEdit.properties, version: Type.Integer() });
export type AlertSettings = Static<typeof AlertSettings>;

export const GroupingEdit = Type.Object(
  {
    fields: Type.Array(GroupingField, { maxItems: 7 }),
    windowSeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
  },
  strict,
);
export type GroupingEdit = Static<typeof GroupingEdit>;
export const CategoryGrouping = Type.Object({
  categoryId: Type.String(),
  ...GroupingEdit.properties,
  /** The product's own, since nobody chose another. */
  isDefault: Type.Boolean(),
  version: Type.Integer(),
});
export type CategoryGrouping = Static<typeof CategoryGrouping>;

export async function readSettings(database: Database): Promise<AlertSettings> {
  const found = await sql<AlertSettings>`
    select gateway_grace_seconds as "gatewayGraceSeconds", gateway_recovery_seconds as "gatewayRecoverySeconds",
      gateway_severity as "gatewaySeverity", storm_enabled as "stormEnabled", storm_devices as "stormDevices",
      storm_window_seconds as "stormWindowSeconds", storm_quiet_seconds as "stormQuietSeconds", version
    from alert_settings`.execute(database);
  const [settings] = found.rows;
  if (settings === undefined) {
    throw new Error('the settings of alerts are gone from the database');
  }
  return settings;
}

export async function writeSettings(
  transaction: Transaction,
  edit: AlertSettingsEdit,
  expected: number,
  now: Date,
): Promise<AlertSettings> {
  await sql`select from alert_settings for update`.execute(transaction);
  const { version } = await readSettings(transaction);
  if (version !== expected) {
    throw staleVersion(expected, version);
  }
  await sql`
    update alert_settings set gateway_grace_seconds = ${edit.gatewayGraceSeconds},
      gateway_recovery_seconds = ${edit.gatewayRecoverySeconds}, gateway_severity = ${edit.gatewaySeverity},
      storm_enabled = ${edit.stormEnabled}, storm_devices = ${edit.stormDevices},
      storm_window_seconds = ${edit.stormWindowSeconds}, storm_quiet_seconds = ${edit.stormQuietSeconds},
      updated_at = ${now}, version = version + 1`.execute(transaction);
  return readSettings(transaction);
}

interface GroupingRow {
  category_id: string;
  fields: GroupingField[];
  window_seconds: number;
  version: number;
}

/** Of categories that chose one; all others have the default. */
export async function findGroupings(
  database: Database,
  categoryIds: readonly string[],
): Promise<Map<string, Grouping>> {
  const found = await sql<GroupingRow>`
    select category_id, fields, window_seconds, version from alert_groupings
    where category_id = any(${[...categoryIds]})`.execute(database);
  return new Map(
    found.rows.map((row) => [row.category_id, { fields: row.fields, windowSeconds: row.window_seconds }]),
  );
}

export async function readGrouping(database: Database, categoryId: string): Promise<CategoryGrouping> {
  const found = await sql<GroupingRow>`
    select category_id, fields, window_seconds, version from alert_groupings
    where category_id = ${categoryId}`.execute(database);
  const [row] = found.rows;
  return row === undefined
    ? {
        categoryId,
        fields: [...defaultGrouping.fields],
        windowSeconds: defaultGrouping.windowSeconds,
        isDefault: true,
        version: 0,
      }
    : {
        categoryId,
        fields: row.fields,
        windowSeconds: row.window_seconds,
        isDefault: false,
        version: row.version,
      };
}

/** Alerts that are there stay in the groups that they are in. */
export async function writeGrouping(
  transaction: Transaction,
  grouping: { readonly categoryId: string } & GroupingEdit,
  by: { readonly actor: string; readonly now: Date },
): Promise<CategoryGrouping> {
  const { categoryId, fields, windowSeconds } = grouping;
  await sql`
    insert into alert_groupings (category_id, fields, window_seconds, updated_at, updated_by, version)
    values (${categoryId}, ${fields}::text[], ${windowSeconds}, ${by.now}, ${by.actor}, 1)
    on conflict (category_id) do update set fields = excluded.fields, window_seconds = excluded.window_seconds,
      updated_at = excluded.updated_at, updated_by = excluded.updated_by,
      version = alert_groupings.version + 1`.execute(transaction);
  return readGrouping(transaction, categoryId);
}
