import { AndonError } from '@andon/shared/kernel';
import { appendEvents, type Platform, sql, type Transaction, writeMistakes } from '../platform/index.ts';
import type { AssetTable, BrokenLine } from './asset-table.ts';
import { type ReadAsset, readAssets } from './import-lines.ts';

/** A problem lists so many; the report has all. */
const mistakesInProblemMax = 200;

type Numbered = { readonly line: number; readonly assetNumber: string | null };

export interface ImportReport {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Lines with mistakes. */
  readonly refused: number;
  readonly mistakes: (BrokenLine & Numbered)[];
  /** What each line without a mistake came to. */
  readonly lines: (Numbered & { readonly result: 'created' | 'changed' | 'unchanged' })[];
  /** The lines with mistakes as a table, with what is wrong with each. */
  readonly toMend: string | null;
}

/**
 * Makes and changes assets as the table says; one is known by its id, or by its account and number. All of it or, where
 * a line has a mistake, nothing; unless lines with mistakes are to be left out. Imports wait for each other.
 * @throws AndonError `assets.import-refused` (422) with the mistakes by line; a dry run reports them
 */
export async function importAssets(
  transaction: Transaction,
  platform: Platform,
  table: AssetTable,
  options: { readonly actor: string; readonly dryRun: boolean; readonly leaveOut: boolean },
): Promise<ImportReport> {
  await sql`lock table assets in share row exclusive mode`.execute(transaction);
  const { leaveOut } = options;
  const read = await readAssets(transaction, table, { newId: () => platform.newId(), leaveOut });
  const { assets } = read;
  const mistakes = [...table.broken, ...read.mistakes].sort((one, other) => one.line - other.line);
  if (read.stuck || (mistakes.length > 0 && !options.dryRun && !leaveOut)) {
    throw refused(mistakes.slice(0, mistakesInProblemMax));
  }
  if (!options.dryRun) {
    await writeAndTell(transaction, platform, assets, options.actor);
  }
  const numbers = new Map(table.sent.map(({ line, cells }) => [line, cells.assetNumber ?? null]));
  const count = (is: ReadAsset['is']): number => assets.filter((asset) => asset.is === is).length;
  return {
    created: count('new'),
    changed: count('changed'),
    unchanged: count('unchanged'),
    refused: new Set(mistakes.map(({ line }) => line)).size,
    mistakes: mistakes.map((mistake) => ({ ...mistake, assetNumber: numbers.get(mistake.line) ?? null })),
    lines: assets.map(({ line, assetNumber, is }) => ({
      line,
      assetNumber,
      result: is === 'new' ? ('created' as const) : is,
    })),
    toMend: mistakes.length === 0 ? null : writeMistakes(table, mistakes),
  };
}

async function writeAndTell(
  transaction: Transaction,
  platform: Platform,
  assets: readonly ReadAsset[],
  actor: string,
): Promise<void> {
  const now = new Date(platform.clock.now());
  const written = assets.filter(({ is }) => is !== 'unchanged');
  await write(transaction, written, now);
  await appendEvents(
    transaction,
    written.map(({ id, accountId, name, is }) => ({
      type: is === 'new' ? 'asset.created' : 'asset.changed',
      key: id,
      payload: { assetId: id, accountId, name },
      actor,
      occurredAt: now,
    })),
  );
}

function refused(mistakes: readonly BrokenLine[]): AndonError {
  const [first] = mistakes;
  return new AndonError({
    code: 'assets.import-refused',
    message: `The table has mistakes, and nothing was imported. Line ${first?.line}, ${first?.column}: ${first?.message}`,
    nextStep:
      'Mend the lines that are listed, and send it again; leaveOut=true imports the other lines, dryRun=true only reports.',
    field: 'body',
    status: 422,
    details: { mistakes },
  });
}

async function write(transaction: Transaction, assets: readonly ReadAsset[], now: Date): Promise<void> {
  // One statement: a parent may be on a later line.
  await sql`
    insert into assets (id, account_id, asset_number, name, product, serial_number, category_id, site_id, parent_id,
      manufactured_on, warranty_until, created_at, updated_at)
    select id, "accountId", "assetNumber", name, product, "serialNumber", "categoryId", "siteId", "parentId",
      "manufacturedOn", "warrantyUntil", ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) as line (id uuid, "accountId" uuid,
      "assetNumber" text, name text, product text, "serialNumber" text, "categoryId" text, "siteId" uuid,
      "parentId" uuid, "manufacturedOn" date, "warrantyUntil" date)
    on conflict (id) do update set asset_number = excluded.asset_number, name = excluded.name, product = excluded.product,
      serial_number = excluded.serial_number, category_id = excluded.category_id, site_id = excluded.site_id,
      parent_id = excluded.parent_id, manufactured_on = excluded.manufactured_on,
      warranty_until = excluded.warranty_until, updated_at = excluded.updated_at,
      version = assets.version + 1`.execute(transaction);
}
