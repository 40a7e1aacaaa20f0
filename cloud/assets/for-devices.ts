import { AndonError } from '@andon/shared/kernel';
import { appendEvent, type Platform, sql, type Transaction } from '../platform/index.ts';
import { insertAsset, requireAsset } from './asset-store.ts';
import type { Asset } from './schemas.ts';

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The asset that is to become a device: one that there is, or else one that is made. */
export interface WantedAsset {
  /** Id or name of the account. */
  readonly account: string;
  /** One that the account has already is taken. */
  readonly assetNumber?: string | undefined;
  readonly name: string;
  readonly product?: string | undefined;
  readonly serialNumber?: string | undefined;
  readonly categoryId?: string | undefined;
  readonly siteId?: string | undefined;
}

/** @throws AndonError where the account is not known, or a number is taken by another */
export async function takeAsset(
  platform: Platform,
  transaction: Transaction,
  wanted: WantedAsset,
  actor: string,
): Promise<Asset> {
  const accountId = await requireAccount(transaction, wanted.account);
  const { assetNumber, name, product, serialNumber, categoryId, siteId } = wanted;
  if (assetNumber !== undefined) {
    const found = await sql<{ id: string }>`
      select id from assets where account_id = ${accountId} and asset_number = ${assetNumber}`.execute(
      transaction,
    );
    if (found.rows[0] !== undefined) {
      return requireAsset(transaction, found.rows[0].id);
    }
  }
  const now = new Date(platform.clock.now());
  const input = { accountId, name, assetNumber, product, serialNumber, categoryId, siteId };
  const asset = await insertAsset(transaction, { id: platform.newId(), input: withoutAbsent(input), now });
  await appendEvent(transaction, {
    type: 'asset.created',
    key: asset.id,
    payload: { assetId: asset.id, accountId, name },
    actor,
    occurredAt: now,
  });
  return asset;
}

/** What is not said is none. */
function withoutAbsent<Input extends { accountId: string; name: string }>(input: Input) {
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  return { accountId: input.accountId, name: input.name, ...Object.fromEntries(entries) };
}

async function requireAccount(transaction: Transaction, account: string): Promise<string> {
  const found = await sql<{ id: string }>`
    select id from accounts where ${uuidPattern.test(account) ? sql`id = ${account}` : sql`name = ${account}`}
    limit 2`.execute(transaction);
  const [first, second] = found.rows;
  if (first === undefined || second !== undefined) {
    throw new AndonError({
      code: 'assets.account-not-clear',
      message: `There ${first === undefined ? 'is no account' : 'are several accounts'} "${account}".`,
      nextStep: 'Give the id of the account that is meant.',
      field: 'account',
      status: 422,
    });
  }
  return first.id;
}
