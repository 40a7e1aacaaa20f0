import type { DeviceDefinition, Quality, Reading } from '@andon/shared/contracts';
import type { RawMessage, RawValue } from '../connectors/connector.ts';
import { type Expectation, expectationOf } from './expectations.ts';
import { type JudgedTime, judgeTime } from './judge-time.ts';
import { judgeValue } from './judge-value.ts';
import type { ReadingsOfMessage, Reception, RefusedValue } from './signals-contract.ts';

const bootIdLengthMax = 64;

/** One reading for each value, in the same order; what no reading can carry is named beside them. Never throws. */
export function toReadings(
  message: RawMessage,
  device: DeviceDefinition,
  reception: Reception,
): ReadingsOfMessage {
  const time = judgeTime(message.sourceTime, reception);
  const readings: Reading[] = [];
  const refused: RefusedValue[] = [];
  for (const raw of message.values) {
    const expectation = expectationOf(device, raw.signal);
    if (expectation === undefined) refused.push({ signal: raw.signal, reason: 'signal-name' });
    else readings.push(toReading(raw, expectation, message, timeOf(raw, time, reception), reception));
  }
  return { readings, refused };
}

/** A value may have a time of its own, and say of itself that it is late. */
function timeOf(raw: RawValue, ofMessage: JudgedTime, reception: Reception): JudgedTime {
  if (raw.sourceTime === undefined && raw.historical !== true) return ofMessage;
  const own = raw.sourceTime === undefined ? ofMessage : judgeTime(raw.sourceTime, reception);
  return raw.historical === true ? { ...own, historical: true } : own;
}

function toReading(
  raw: RawValue,
  expectation: Expectation,
  message: RawMessage,
  time: JudgedTime,
  reception: Reception,
): Reading {
  const { value, unit, badReason } = judgeValue(raw, expectation);
  const { deviceId, bootId } = message;
  const qualityReason = badReason ?? time.uncertainReason;
  const reading: Reading = {
    type: 'reading',
    deviceId,
    signal: raw.signal,
    value,
    quality: qualityOf(badReason, time.uncertainReason),
    sourceTime: time.sourceTime,
    gatewayTime: reception.gatewayTime,
    clockState: reception.clockState,
    historical: time.historical,
  };
  // One by one, as this is done for every value, and spreading three objects takes longer than all the rest.
  if (unit !== undefined) reading.unit = unit;
  if (qualityReason !== undefined) reading.qualityReason = qualityReason;
  if (bootId !== undefined && bootId.length > 0 && bootId.length <= bootIdLengthMax) reading.bootId = bootId;
  return reading;
}

function qualityOf(badReason: string | undefined, uncertainReason: string | undefined): Quality {
  if (badReason !== undefined) return 'BAD';
  return uncertainReason === undefined ? 'GOOD' : 'UNCERTAIN';
}
