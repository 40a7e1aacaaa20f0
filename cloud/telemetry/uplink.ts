import type { Reading, ReadingSummary } from '@andon/shared/contracts';
import type { DeviceOfGateway, Devices } from '../devices/index.ts';
import {
  type Gateways,
  type GatheredUplink,
  type Refusal,
  type SentRecords,
  sentOf,
  type UplinkHandler,
} from '../gateways/index.ts';
import type { Transaction } from '../platform/index.ts';
import { noteChanges } from './change-store.ts';
import { updateLatest } from './latest-store.ts';
import { latestOfEach, type NumberedReading } from './reading-columns.ts';
import type { ReadingStore } from './reading-store.ts';
import { createSignalNumbers, keyOf, type SignalKey, type SignalNumbers } from './signal-numbers.ts';
import { insertSummaries, type NumberedSummary } from './summary-store.ts';

interface Dependencies {
  readonly gateways: Gateways;
  readonly devices: Devices;
  readonly store: ReadingStore;
}

/** Takes readings: a few statements, however many there are of however many gateways, and more when something is new. */
export function createReadingHandler(dependencies: Dependencies): UplinkHandler {
  const numbers = createSignalNumbers();
  return {
    recordTypes: ['reading', 'summary'],
    async handle(transaction, gathered) {
      const readings = sentOf(gathered, (record): record is Reading => record.type === 'reading');
      if (readings.length > 0) {
        await storeReadings(transaction, dependencies, numbers, readings, gathered);
      }
      const summaries = sentOf(gathered, (record): record is ReadingSummary => record.type === 'summary');
      if (summaries.length > 0) {
        await storeSummaries(transaction, dependencies, numbers, summaries, gathered.receivedAt);
      }
    },
  };
}

/** By the gateway's id. */
type Known = (gatewayId: string) => ReadonlyMap<string, DeviceOfGateway>;

const ownOf = <T extends { readonly deviceId: string }>(
  sent: readonly SentRecords<T>[],
  known: Known,
): SentRecords<T>[] =>
  sent.map(({ gatewayId, records }) => {
    const devices = known(gatewayId);
    return { gatewayId, records: records.filter(({ deviceId }) => devices.has(deviceId)) };
  });

async function storeReadings(
  transaction: Transaction,
  { gateways, devices, store }: Dependencies,
  signalNumbers: SignalNumbers,
  sent: readonly SentRecords<Reading>[],
  { lane, receivedAt }: Pick<GatheredUplink, 'lane' | 'receivedAt'>,
): Promise<void> {
  const known = await devices.findForGateways(transaction, sent);
  const own = ownOf(sent, known);
  const ours = own.flatMap(({ records }) => records);
  const numbers = await signalNumbers.numbersOf(transaction, signalsOf(ours));
  const numbered = numberAll(ours, numbers);
  if (numbered.length > 0) {
    await store.keep(transaction, numbered, receivedAt, { lane, gatewayOf: gatewayAmong(own, known) });
    await updateLatest(transaction, [...latestOfEach(numbered, receivedAt.getTime()).values()], receivedAt);
  }
  for (const { gatewayId, records } of own) {
    const ofGateway = known(gatewayId);
    const activity = new Map(
      [...latestArrivals(records)].flatMap(([deviceId, at]) => {
        const device = ofGateway.get(deviceId);
        return device === undefined ? [] : [[deviceId, { device, at }] as const];
      }),
    );
    await devices.noteActivity(transaction, gatewayId, activity, receivedAt);
  }
  if (numbered.length < countOf(sent)) {
    await countRefused(transaction, gateways, sent, known, numbers);
  }
}

/** Whose device it is, of those that sent. */
function gatewayAmong(own: readonly SentRecords<unknown>[], known: Known): (deviceId: string) => string {
  return (deviceId) => {
    const found = own.find(({ gatewayId }) => known(gatewayId).has(deviceId));
    if (found === undefined) {
      throw new Error(`${deviceId} is of none of the gateways that sent`);
    }
    return found.gatewayId;
  };
}

/** They are old, so they prove nothing of the device's presence; the last value may still be the latest. */
async function storeSummaries(
  transaction: Transaction,
  { gateways, devices }: Dependencies,
  signalNumbers: SignalNumbers,
  sent: readonly SentRecords<ReadingSummary>[],
  receivedAt: Date,
): Promise<void> {
  const known = await devices.findForGateways(transaction, sent);
  const own = ownOf(sent, known);
  const ours = own.flatMap(({ records }) => records);
  const numbers = await signalNumbers.numbersOf(transaction, signalsOf(ours));
  const numbered: NumberedSummary[] = ours.flatMap((summary) => {
    const signalId = numbers.get(keyOf(summary.deviceId, summary.signal));
    return signalId === undefined ? [] : [{ signalId, summary }];
  });
  if (numbered.length > 0) {
    await insertSummaries(transaction, numbered, receivedAt);
    await noteChanges(transaction, { summaries: numbered }, receivedAt);
    const lasts = numbered.map(({ signalId, summary }) => ({ signalId, reading: lastOf(summary) }));
    await updateLatest(transaction, [...latestOfEach(lasts, receivedAt.getTime()).values()], receivedAt);
  }
  if (numbered.length < countOf(sent)) {
    await countRefused(transaction, gateways, sent, known, numbers);
  }
}

const countOf = (sent: readonly SentRecords<unknown>[]): number =>
  sent.reduce((count, { records }) => count + records.length, 0);

/** The last reading that a summary holds, as far as it is known. */
function lastOf({ deviceId, signal, unit, last, to, clockState }: ReadingSummary): Reading {
  return {
    type: 'reading',
    deviceId,
    signal,
    value: last,
    ...(unit === undefined ? {} : { unit }),
    quality: last === null ? 'BAD' : 'UNCERTAIN',
    qualityReason: 'thinned',
    sourceTime: to,
    gatewayTime: to,
    clockState,
    historical: true,
  };
}

function signalsOf(readings: readonly { deviceId: string; signal: string }[]): Map<string, SignalKey> {
  const signals = new Map<string, SignalKey>();
  for (const { deviceId, signal } of readings) {
    const key = keyOf(deviceId, signal);
    if (!signals.has(key)) {
      signals.set(key, { deviceId, name: signal });
    }
  }
  return signals;
}

function numberAll(readings: readonly Reading[], numbers: ReadonlyMap<string, number>): NumberedReading[] {
  const numbered: NumberedReading[] = [];
  for (const reading of readings) {
    const signalId = numbers.get(keyOf(reading.deviceId, reading.signal));
    if (signalId !== undefined) {
      numbered.push({ signalId, reading });
    }
  }
  return numbered;
}

/** When each device was last heard, by the gateway's clock. */
function latestArrivals(readings: readonly Reading[]): Map<string, number> {
  const latest = new Map<string, number>();
  for (const { deviceId, gatewayTime } of readings) {
    latest.set(deviceId, Math.max(gatewayTime, latest.get(deviceId) ?? 0));
  }
  return latest;
}

/** What names no device of its gateway, or a signal beyond those that a device may have. */
async function countRefused(
  transaction: Transaction,
  gateways: Gateways,
  sent: readonly SentRecords<{ readonly deviceId: string; readonly signal: string }>[],
  known: Known,
  numbers: ReadonlyMap<string, number>,
): Promise<void> {
  for (const { gatewayId, records } of sent) {
    const refusals: Refusal[] = records.flatMap(({ deviceId, signal }) => {
      if (!known(gatewayId).has(deviceId)) {
        return [{ deviceId, reason: 'unknown-device', count: 1 }];
      }
      return numbers.has(keyOf(deviceId, signal)) ? [] : [{ deviceId, reason: 'too-many-signals', count: 1 }];
    });
    await gateways.countRefusals(transaction, gatewayId, refusals);
  }
}
