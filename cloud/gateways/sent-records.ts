import type { UplinkRecord } from '@andon/shared/contracts';
import type { GatheredUplink } from './ports.ts';

/** What one gateway sent of one type, in the order of its lane. */
export interface SentRecords<T> {
  readonly gatewayId: string;
  readonly records: readonly T[];
}

export interface SentRecord<T> {
  readonly gatewayId: string;
  readonly record: T;
}

/** What is of one type; gateways that sent none are left out. */
export const sentOf = <T extends UplinkRecord>(
  { batches }: GatheredUplink,
  isOfType: (record: UplinkRecord) => record is T,
): SentRecords<T>[] =>
  batches
    .map(({ gatewayId, records }) => ({ gatewayId, records: records.filter(isOfType) }))
    .filter(({ records }) => records.length > 0);

export const eachSent = <T>(sent: readonly SentRecords<T>[]): SentRecord<T>[] =>
  sent.flatMap(({ gatewayId, records }) => records.map((record) => ({ gatewayId, record })));
