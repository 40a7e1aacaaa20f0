import { belowLeftOut, inCircles } from '../platform/index.ts';
import type { BrokenLine, Column } from './asset-columns.ts';
import { type Known, keyOf } from './import-known.ts';
import type { ReadAsset } from './import-lines.ts';

type Tell = (line: number, column: Column, message: string) => void;

/** What lines are checked against, besides each other. */
export interface Surroundings {
  readonly known: Known;
  readonly serialOwners: ReadonlyMap<string, string>;
  /** Lines that were read, and are left out. */
  readonly leftOut: readonly ReadAsset[];
}

/** What is wrong with lines because of each other, or of what is there. */
export function checkTogether(assets: readonly ReadAsset[], surroundings: Surroundings): BrokenLine[] {
  const mistakes: BrokenLine[] = [];
  const tell: Tell = (line, column, message) => mistakes.push({ line, column, message });
  checkNumbers(assets, surroundings.known, tell);
  checkSerialNumbers(assets, surroundings.serialOwners, tell);
  checkPartsOfLeftOut(assets, surroundings, tell);
  checkCircles(assets, surroundings.known, tell);
  return mistakes;
}

function checkNumbers(assets: readonly ReadAsset[], known: Known, tell: Tell): void {
  const numbers = new Map<string, number>();
  const ids = new Map<string, number>();
  for (const { id, line, accountId, assetNumber } of assets) {
    const key = keyOf(accountId, assetNumber ?? id);
    const sameNumber = numbers.get(key);
    const sameAsset = ids.get(id);
    if (sameNumber !== undefined) {
      tell(line, 'assetNumber', `Line ${sameNumber} has the same number.`);
    } else if (sameAsset !== undefined) {
      tell(line, 'id', `Line ${sameAsset} is about the same asset.`);
    }
    numbers.set(key, sameNumber ?? line);
    ids.set(id, sameAsset ?? line);
    const owner = known.assets.get(key);
    if (owner !== undefined && owner.id !== id) {
      tell(line, 'assetNumber', 'Another asset of the account has it already.');
    }
  }
}

function checkSerialNumbers(
  assets: readonly ReadAsset[],
  owners: ReadonlyMap<string, string>,
  tell: Tell,
): void {
  const seen = new Map<string, number>();
  for (const { line, id, product, serialNumber } of assets) {
    if (product === null || serialNumber === null) {
      continue;
    }
    const key = keyOf(product, serialNumber);
    const owner = owners.get(key);
    if (owner !== undefined && owner !== id) {
      tell(line, 'serialNumber', 'Another asset of this product has it already.');
    }
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      tell(line, 'serialNumber', `Line ${earlier} has the same product and serial number.`);
    }
    seen.set(key, earlier ?? line);
  }
}

/** What would be a part of an asset that is not made, and the parts of that in turn. */
function checkPartsOfLeftOut(assets: readonly ReadAsset[], { leftOut }: Surroundings, tell: Tell): void {
  for (const { item, parent } of belowLeftOut(assets, leftOut)) {
    tell(item.line, 'parentAssetNumber', `It is a part of line ${parent.line}, which has a mistake.`);
  }
}

function checkCircles(assets: readonly ReadAsset[], known: Known, tell: Tell): void {
  for (const { line } of inCircles(assets, (id) => known.assetsById.get(id)?.parentId ?? null)) {
    tell(line, 'parentAssetNumber', 'It would be a part of itself.');
  }
}
