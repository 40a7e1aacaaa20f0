import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp } from '../platform/index.ts';

const strict = { additionalProperties: false };
/** A day of the calendar: `2026-03-02`. */
const Day = Type.String({ format: 'date', maxLength: 10 });
const label = Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' })));

export const AssetInput = Type.Object(
  {
    accountId: Uuid,
    name: PersonReadableName,
    /** The number on the customer's own label; unique within the account. */
    assetNumber: label,
    product: label,
    /** Unique within the product. */
    serialNumber: label,
    categoryId: Type.Optional(Nullable(Slug)),
    /** Where it stands: a site of its account. */
    siteId: Type.Optional(Nullable(Uuid)),
    /** What it is a part of: another asset of its account. */
    parentId: Type.Optional(Nullable(Uuid)),
    manufacturedOn: Type.Optional(Nullable(Day)),
    warrantyUntil: Type.Optional(Nullable(Day)),
  },
  strict,
);
export type AssetInput = Static<typeof AssetInput>;

export const Asset = Type.Object({
  id: Uuid,
  accountId: Uuid,
  accountName: Type.String(),
  name: Type.String(),
  assetNumber: Nullable(Type.String()),
  product: Nullable(Type.String()),
  serialNumber: Nullable(Type.String()),
  categoryId: Nullable(Type.String()),
  siteId: Nullable(Uuid),
  siteName: Nullable(Type.String()),
  parentId: Nullable(Uuid),
  manufacturedOn: Nullable(Type.String()),
  warrantyUntil: Nullable(Type.String()),
  ...recordStamp,
});
export type Asset = Static<typeof Asset>;

export const AssetsQuery = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 200 })),
    accountId: Type.Optional(Uuid),
    categoryId: Type.Optional(Slug),
    siteId: Type.Optional(Uuid),
    parentId: Type.Optional(Uuid),
    serialNumber: Type.Optional(Type.String({ maxLength: 100 })),
  },
  strict,
);
export type AssetsQuery = Static<typeof AssetsQuery>;

export const ById = Type.Object({ id: Uuid });
