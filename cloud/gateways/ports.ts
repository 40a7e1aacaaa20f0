import type { DownlinkMessage, Lane, UplinkRecord } from '@andon/shared/contracts';
import type { Transaction } from '../platform/index.ts';

/** Records of one gateway that one handler stores: consecutive in the lane, each seen for the first time. */
export interface UplinkRecords {
  readonly gatewayId: string;
  /** In the order of the lane. Times lie before the year 10000, texts hold nothing that cannot be stored. */
  readonly records: readonly UplinkRecord[];
}

/** What several gateways sent at the same time, stored together. */
export interface GatheredUplink {
  readonly lane: Lane;
  readonly receivedAt: Date;
  /** At most one of each gateway, in the order of the gateways' ids, in which their rows are best locked, too. */
  readonly batches: readonly UplinkRecords[];
}

/**
 * Stores records of some types. It runs in the transaction that also advances the lanes, so that each record has
 * its effect exactly once. What it must refuse (a device that is unknown, or of another gateway) it counts with
 * `Gateways.countRefusals` and leaves out: an error thrown here would hold up the whole lane.
 */
export interface UplinkHandler {
  readonly recordTypes: readonly UplinkRecord['type'][];
  handle(transaction: Transaction, gathered: GatheredUplink): Promise<void>;
}

/** For records that are too rare to be worth storing those of several gateways together. */
export function gatewayByGateway(
  handle: (transaction: Transaction, batch: UplinkRecords & { readonly receivedAt: Date }) => Promise<void>,
): UplinkHandler['handle'] {
  return async (transaction, { receivedAt, batches }) => {
    for (const batch of batches) {
      await handle(transaction, { ...batch, receivedAt });
    }
  };
}

/**
 * Composes part of what a gateway with an empty data folder must be told: its devices, the commands that are still
 * to be carried out. The parts are sent in the order in which app.ts gives the sources.
 */
export interface DownlinkSource {
  presentState(transaction: Transaction, gatewayId: string): Promise<DownlinkMessage[]>;
}

/** Input that the cloud refused, to be counted. */
export interface Refusal {
  readonly deviceId: string;
  /** A stable token, such as `unknown-device`. */
  readonly reason: string;
  readonly count: number;
}
