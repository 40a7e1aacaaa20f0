import { AndonError } from '@andon/shared/kernel';
import { appendEvents, type Platform, sql, type Transaction } from '../platform/index.ts';
import type { BrokenLine, Line } from './asset-table.ts';
import { mistakesMax, type ReadAsset, readAssets } from './import-lines.ts';

export interface ImportReport {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly mistakes: BrokenLine[];
  /** What each line without a mistake came to. */
  readonly lines: { line: number; assetNumber: string | null; result: 'created' | 'changed' | 'unchanged' }[];
}

/**
 * Makes and changes assets as the table says; one is known by its id, or by its account and number. All of it or, where a line has
 * a mistake, nothing. Imports wait for each other.
 * @throws AndonError `assets.import-refused` (422) with the mistakes by line; a dry run reports them
 */
export async function importAssets(
  transaction: Transaction,
  platform: Platform,
  table: { readonly lines: readonly Line[]; readonly broken: readonly BrokenLine[] },
  options: { readonly actor: string; readonly dryRun: boolean },
): Promise<ImportReport> {
  await sql`lock table assets in share row exclusive mode`.execute(transaction);
  const { assets, mistakes: misread } = await readAssets(transaction, table.lines);
  const all = [...table.broken, ...misread].sort((one, other) => one.line - other.line);
  const mistakes = all.slice(0, mistakesMax);
  const unchanged = assets.filter((asset) => asset.is === 'unchanged').length;
  const created = assets.filter((asset) => asset.is === 'new');
  const changed = assets.filter((asset) => asset.is === 'changed');
  if (mistakes.length > 0 && !options.dryRun) {
    throw refused(mistakes);
  }
  if (!options.dryRun) {
    const now = new Date(platform.clock.now());
    const written = [
      ...created.map((asset) => ({ ...asset, id: platform.newId(), event: 'asset.created' })),
      ...changed.map((asset) => ({ ...asset, id: asset.id ?? '', event: 'asset.changed' })),
    ];
    await write(transaction, written, now);
    await appendEvents(
      transaction,
      written.map(({ id, accountId, name, event }) => ({
        type: event,
        key: id,
        payload: { assetId: id, accountId, name },
        actor: options.actor,
        occurredAt: now,
      })),
    );
  }
  const mistaken = new Set(all.map(({ line }) => line));
  const lines = assets
    .filter(({ line }) => !mistaken.has(line))
    .map(({ line, assetNumber, is }) => ({
      line,
      assetNumber,
      result: is === 'new' ? ('created' as const) : is,
    }));
  return { created: created.length, changed: changed.length, unchanged, mistakes, lines };
}

function refused(mistakes: readonly BrokenLine[]): AndonError {
  const [first] = mistakes;
  return new AndonError({
    code: 'assets.import-refused',
    message: `The table has mistakes, and nothing was imported. Line ${first?.line}, ${first?.column}: ${first?.message}`,
    nextStep: 'Mend the lines that are listed, and send it again; dryRun=true only reports.',
    field: 'body',
    status: 422,
    details: { mistakes },
  });
}

async function write(
  transaction: Transaction,
  assets: readonly (ReadAsset & { readonly id: string })[],
  now: Date,
): Promise<void> {
  await sql`
    insert into assets (id, account_id, asset_number, name, product, serial_number, category_id, site_id,
      manufactured_on, warranty_until, created_at, updated_at)
    select id, "accountId", "assetNumber", name, product, "serialNumber", "categoryId", "siteId",
      "manufacturedOn", "warrantyUntil", ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) as line (id uuid, "accountId" uuid,
      "assetNumber" text, name text, product text, "serialNumber" text, "categoryId" text, "siteId" uuid,
      "manufacturedOn" date, "warrantyUntil" date)
    on conflict (id) do update set asset_number = excluded.asset_number, name = excluded.name, product = excluded.product,
      serial_number = excluded.serial_number, category_id = excluded.category_id, site_id = excluded.site_id,
      manufactured_on = excluded.manufactured_on, warranty_until = excluded.warranty_until,
      updated_at = excluded.updated_at, version = assets.version + 1`.execute(transaction);
  // Parents may be on later lines, so they are looked up when all are there.
  await sql`
    update assets set parent_id = coalesce(parents.id, nameless.id)
    from jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) as line (id uuid, "accountId" uuid,
      "parentAssetNumber" text)
      left join assets as parents
        on parents.account_id = line."accountId" and parents.asset_number = line."parentAssetNumber"
      left join assets as nameless
        on nameless.account_id = line."accountId" and nameless.asset_number is null
          and nameless.id::text = line."parentAssetNumber"
    where assets.id = line.id
      and assets.parent_id is distinct from coalesce(parents.id, nameless.id)`.execute(transaction);
}
