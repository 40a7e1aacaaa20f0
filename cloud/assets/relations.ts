import { AndonError } from '@andon/shared/kernel';
import { sql, type Transaction } from '../platform/index.ts';
import type { AssetInput } from './schemas.ts';

/** Changes of the tree wait for each other, so that two of them at once cannot close a circle. */
const treeLockKey = 4_201_011;

/**
 * The site and the parent have to be of the asset's own account, and no asset is a part of itself.
 * @throws AndonError `assets.no-such-site`, `assets.no-such-parent`, `assets.circle` (422), with the field
 */
export async function requireRelations(
  transaction: Transaction,
  assetId: string,
  { accountId, siteId, parentId }: AssetInput,
): Promise<void> {
  if (siteId) {
    const found = await sql`
      select from sites where id = ${siteId} and account_id = ${accountId}`.execute(transaction);
    if (found.rows.length === 0) {
      throw refused('assets.no-such-site', 'siteId', 'The account has no such site.', 'GET /v1/sites');
    }
  }
  if (parentId) {
    await sql`select pg_advisory_xact_lock(${treeLockKey})`.execute(transaction);
    const found = await sql<{ id: string; account_id: string }>`
      with recursive above as (
        select id, parent_id, account_id from assets where id = ${parentId}
        union
        select assets.id, assets.parent_id, assets.account_id
        from assets join above on assets.id = above.parent_id)
      select id, account_id from above`.execute(transaction);
    if (!found.rows.some((row) => row.id === parentId && row.account_id === accountId)) {
      throw refused('assets.no-such-parent', 'parentId', 'The account has no such asset.', 'GET /v1/assets');
    }
    if (found.rows.some((row) => row.id === assetId)) {
      throw refused(
        'assets.circle',
        'parentId',
        'The asset would be a part of itself.',
        'the tree of its parents',
      );
    }
  }
}

function refused(code: string, field: string, message: string, where: string): AndonError {
  return new AndonError({ code, message, nextStep: `Look at ${where}.`, field, status: 422 });
}
