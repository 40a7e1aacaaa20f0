import type { Reading } from '@andon/shared/contracts';
import type { Devices } from '../devices/index.ts';
import type { Gateways, Refusal, UplinkHandler, UplinkRecords } from '../gateways/index.ts';
import type { Transaction } from '../platform/index.ts';
import { latestOfEach, type NumberedReading } from './reading-columns.ts';
import { insertReadings, updateLatest } from './reading-store.ts';
import { createSignalNumbers, keyOf, type SignalKey, type SignalNumbers } from './signal-numbers.ts';

interface Dependencies {
  readonly gateways: Gateways;
  readonly devices: Devices;
}

/** Takes readings: three statements for a batch, however many it holds, and a few more when something is new. */
export function createReadingHandler(dependencies: Dependencies): UplinkHandler {
  const numbers = createSignalNumbers();
  return {
    recordTypes: ['reading'],
    async handle(transaction, batch) {
      const readings = batch.records.filter((record): record is Reading => record.type === 'reading');
      await storeReadings(transaction, dependencies, numbers, { ...batch, readings });
    },
  };
}

async function storeReadings(
  transaction: Transaction,
  { gateways, devices }: Dependencies,
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
    await insertReadings(transaction, numbered, receivedAt);
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

function signalsOf(readings: readonly Reading[]): Map<string, SignalKey> {
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
  readings: readonly Reading[],
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
