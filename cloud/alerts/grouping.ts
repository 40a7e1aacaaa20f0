import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';

/** What alerts of one group have in common. */
export const GroupingField = Type.Enum([
  'device',
  'gateway',
  'site',
  'asset',
  'error-code',
  'rule',
  'signal',
]);
export type GroupingField = Static<typeof GroupingField>;

export interface Grouping {
  readonly fields: readonly GroupingField[];
  /** How far from the primary's raising another may lie; 0: nothing is grouped. */
  readonly windowSeconds: number;
}

/** The same device and error code within five minutes. */
export const defaultGrouping: Grouping = { fields: ['device', 'error-code'], windowSeconds: 300 };

export interface Groupable {
  readonly deviceId: string;
  readonly gatewayId: string;
  readonly siteId: string | null;
  readonly assetId: string;
  readonly categoryId: string;
  readonly errorCode: number | null;
  readonly rule: string;
  readonly signal: string;
}

const fieldOf: Readonly<Record<GroupingField, (alert: Groupable) => string | number | null>> = {
  device: ({ deviceId }) => deviceId,
  gateway: ({ gatewayId }) => gatewayId,
  site: ({ siteId }) => siteId,
  asset: ({ assetId }) => assetId,
  'error-code': ({ errorCode }) => errorCode,
  rule: ({ rule }) => rule,
  signal: ({ signal }) => signal,
};

/** One word for the group of an alert; null where it has none, since something to be in common is not known of it. */
export function groupKeyOf(alert: Groupable, grouping: Grouping): string | null {
  if (grouping.fields.length === 0 || grouping.windowSeconds === 0) {
    return null;
  }
  const parts = grouping.fields.includes('device') ? [] : [`category=${alert.categoryId}`];
  for (const field of grouping.fields) {
    const value = fieldOf[field](alert);
    if (value === null) {
      return null;
    }
    parts.push(`${field}=${encodeURIComponent(value)}`);
  }
  return parts.join('|');
}

/** Fields in the order of the product, each once. */
export function tidyFields(fields: readonly GroupingField[]): GroupingField[] {
  const known: readonly GroupingField[] = [
    'device',
    'gateway',
    'site',
    'asset',
    'error-code',
    'rule',
    'signal',
  ];
  if (new Set(fields).size < fields.length) {
    throw new AndonError({
      code: 'alerts.grouping-repeats-a-field',
      message: 'A field stands here twice.',
      nextStep: 'Name each field once.',
      field: 'fields',
      status: 422,
    });
  }
  return known.filter((field) => fields.includes(field));
}
