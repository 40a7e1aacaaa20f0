import { Slug } from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import { accountOfCell } from '../accounts/index.ts';
import {
  asCell,
  type Reading,
  type ReadRecords,
  readLines,
  type TableRecord,
  type Tell,
  type Transaction,
} from '../platform/index.ts';
import type { BrokenLine, Column, Line } from './asset-columns.ts';
import { checkTogether } from './import-checks.ts';
import { type Known, keyOf, lookUp, type StoredAsset, serialOwners } from './import-known.ts';

/** An asset as the table wants it. */
export interface ReadAsset extends StoredAsset, TableRecord {}

/** A line by itself: what it is a part of may be made by another line. */
interface Draft extends Omit<StoredAsset, 'parentId'> {
  readonly line: number;
  readonly stored: StoredAsset | undefined;
  /** A number or an id; undefined where the file has no such column. */
  readonly parent: string | null | undefined;
}

const labelCharactersMax = 100;
const charactersMax = { name: 200, assetNumber: labelCharactersMax, product: labelCharactersMax } as const;

/** Reads the lines against what is there: each is new, changed or unchanged, or has mistakes. */
export async function readAssets(
  transaction: Transaction,
  { table, newId }: Reading<Column>,
): Promise<ReadRecords<Column, ReadAsset>> {
  const known = await lookUp(transaction, table.lines);
  const { items: drafts, mistakes } = readLines(table, (line, tell: Tell<Column>) =>
    readLine(line, { known, has: table.columns, newId }, tell),
  );
  const items = withParents(drafts, known, mistakes);
  const owners = await serialOwners(transaction, items);
  const check = (kept: readonly ReadAsset[], leftOut: readonly ReadAsset[]) =>
    checkTogether(kept, { known, serialOwners: owners, leftOut });
  return { items, mistakes, check };
}

interface Context {
  readonly known: Known;
  readonly has: ReadonlySet<string>;
  readonly newId: () => string;
}

function readLine(line: Line, { known, has, newId }: Context, tell: Tell<Column>): Draft | undefined {
  const accountId = accountOfCell(line.account, known.accounts, (message) => tell('account', message));
  checkTexts(line, tell);
  if (line.name === undefined) {
    tell('name', 'It is empty.');
  }
  if (accountId === undefined || line.name === undefined) {
    return undefined;
  }
  const stored = [line.id, line.assetNumber]
    .map((one) => (one === undefined ? undefined : known.assets.get(keyOf(accountId, one))))
    .find((one) => one !== undefined);
  if (line.assetNumber === undefined && stored === undefined) {
    tell('assetNumber', line.id === undefined ? 'It is empty.' : 'It is empty, and the id is not known.');
    return undefined;
  }
  /** What the file says, or where it lacks the column what is there. */
  const orKept = (column: Column, said: string | null | undefined, kept: string | null | undefined) =>
    (has.has(column) ? said : kept) ?? null;
  return {
    line: line.line,
    id: stored?.id ?? newId(),
    stored,
    accountId,
    assetNumber: line.assetNumber ?? null,
    name: line.name,
    product: orKept('product', line.product, stored?.product),
    serialNumber: orKept('serialNumber', line.serialNumber, stored?.serialNumber),
    categoryId: orKept('categoryId', line.categoryId, stored?.categoryId),
    siteId: orKept('site', siteOf(line, accountId, known, tell), stored?.siteId),
    parent: has.has('parentAssetNumber') ? (line.parentAssetNumber ?? null) : undefined,
    manufacturedOn: orKept('manufacturedOn', dayOf(line, 'manufacturedOn', tell), stored?.manufacturedOn),
    warrantyUntil: orKept('warrantyUntil', dayOf(line, 'warrantyUntil', tell), stored?.warrantyUntil),
  };
}

/** A parent is in the account already, by the number that it has there, or in the table. */
function withParents(drafts: readonly Draft[], known: Known, mistakes: BrokenLine[]): ReadAsset[] {
  const inTable = new Map(
    drafts.map((draft) => [keyOf(draft.accountId, draft.assetNumber ?? draft.id), draft.id]),
  );
  return drafts.map(({ stored, parent, ...draft }) => {
    let parentId = stored?.parentId ?? null;
    if (parent !== undefined) {
      const key = keyOf(draft.accountId, parent ?? '');
      parentId = parent === null ? null : (known.assets.get(key)?.id ?? inTable.get(key) ?? null);
      if (parent !== null && parentId === null) {
        const message = `The account has no asset ${parent.slice(0, labelCharactersMax)}.`;
        mistakes.push({ line: draft.line, column: 'parentAssetNumber', message });
      }
    }
    const wanted = { ...draft, parentId };
    const is = stored === undefined ? 'new' : isSame(wanted, stored) ? 'unchanged' : 'changed';
    return { ...wanted, is };
  });
}

function isSame(wanted: StoredAsset, stored: StoredAsset): boolean {
  const names = Object.keys(stored) as (keyof StoredAsset)[];
  return names.every((name) => asCell(wanted[name] ?? '') === asCell(stored[name] ?? ''));
}

/** The same limits as at the other doors. */
function checkTexts(line: Line, tell: Tell<Column>): void {
  for (const column of ['name', 'assetNumber', 'product', 'serialNumber'] as const) {
    const most = column === 'serialNumber' ? labelCharactersMax : charactersMax[column];
    if ((line[column]?.length ?? 0) > most) {
      tell(column, `It is longer than ${most} characters.`);
    }
  }
  if (line.categoryId !== undefined && !Value.Check(Slug, line.categoryId)) {
    tell('categoryId', 'It is not the id of a category, such as press-500.');
  }
}

function siteOf(line: Line, accountId: string, known: Known, tell: Tell<Column>): string | null {
  if (line.site === undefined) {
    return null;
  }
  const siteId = known.sites.get(keyOf(accountId, line.site));
  if (siteId === undefined) {
    tell('site', `The account has no site "${line.site.slice(0, labelCharactersMax)}".`);
  }
  return siteId ?? null;
}

function dayOf(line: Line, column: 'manufacturedOn' | 'warrantyUntil', tell: Tell<Column>): string | null {
  const text = line[column];
  if (text === undefined) {
    return null;
  }
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    tell(column, `"${text.slice(0, labelCharactersMax)}" is no day such as 2026-03-02.`);
  }
  return text;
}
