import type { Reading, ReadingSummary } from '@andon/shared/contracts';
import type { Devices } from '../devices/index.ts';
import type { Gateways, Refusal, UplinkHandler, UplinkRecords } from '../gateways/index.ts';
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

/** Takes readings: three statements for a batch, however many it holds, and a few more when something is new. */
export function createReadingHandler(dependencies: Dependencies): UplinkHandler {
  const numbers = createSignalNumbers();
  return {
    recordTypes: ['reading', 'summary'],
    async handle(transaction, batch) {
      const readings = batch.records.filter((record): record is Reading => record.type === 'reading');
      if (readings.length > 0) {
        await storeReadings(transaction, dependencies, numbers, { ...batch, readings });
      }
      const summaries = batch.records.filter((record): record is ReadingSummary => record.type === 'summary');
      if (summaries.length > 0) {
        await storeSummaries(transaction, dependencies, numbers, { ...batch, summaries });
      }
    },
  };
}

async function storeReadings(
  transaction: Transaction,
  { gateways, devices, store }: Dependencies,
  signalNumbers: SignalNumbers,
  batch: Omit<UplinkRecords, 'records'> & { readings: readonly Reading[] },
): Promise<void> {
  const { gatewayId, receivedAt, readings } = batch;
  const ids = [...new Set(readings.map((reading) => reading.deviceId))];
  const known = await devices.findForGateway(transaction, gatewayId, ids);
  const ours = readings.filter((reading) => known.has(reading.deviceId));
  const numbers = await signalNumbers.numbersOf(transaction, signalsOf(ours));
  const numbered = numberAll(ours, numbers);
  if (numbered.length > 0) {
    await store.keep(transaction, numbered, receivedAt);
    await updateLatest(transaction, [...latestOfEach(numbered, receivedAt.getTime()).values()], receivedAt);
  }
  const activity = new Map(
    [...latestArrivals(ours)].flatMap(([deviceId, at]) => {
      const device = known.get(deviceId);
      return device === undefined ? [] : [[deviceId, { device, at }] as const];
    }),
  );
  await devices.noteActivity(transaction, gatewayId, activity, receivedAt);
  if (numbered.length < readings.length) {
    await gateways.countRefusals(transaction, gatewayId, refusalsOf(readings, known, numbers));
  }
}

/** They are old, so they prove nothing of the device's presence; the last value may still be the latest. */
async function storeSummaries(
  transaction: Transaction,
  { gateways, devices }: Dependencies,
  signalNumbers: SignalNumbers,
  batch: Omit<UplinkRecords, 'records'> & { summaries: readonly ReadingSummary[] },
): Promise<void> {
  const { gatewayId, receivedAt, summaries } = batch;
  const known = await devices.findForGateway(transaction, gatewayId, [
    ...new Set(summaries.map(({ deviceId }) => deviceId)),
  ]);
  const ours = summaries.filter(({ deviceId }) => known.has(deviceId));
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
  if (numbered.length < summaries.length) {
    await gateways.countRefusals(transaction, gatewayId, refusalsOf(summaries, known, numbers));
  }
}

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

function refusalsOf(
  readings: readonly { deviceId: string; signal: string }[],
  known: ReadonlyMap<string, unknown>,
  numbers: ReadonlyMap<string, number>,
): Refusal[] {
  return readings
    .filter((reading) => !numbers.has(keyOf(reading.deviceId, reading.signal)))
    .map(({ deviceId }) => ({
      deviceId,
      reason: known.has(deviceId) ? 'too-many-signals' : 'unknown-device',
      count: 1,
    }));
}
