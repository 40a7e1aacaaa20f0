import type { UplinkRecord } from '@andon/shared/contracts';

/**
 * Records that are kept while the clock is not set carry the id of the time scale that they are dated in, as their
 * last member: `"clock":"<id>"`. It never leaves the gateway: the uplink settles it.
 */
const mark = '"clock":"';
const idLength = 36;
/** `"clock":"<36 characters>"}` */
const tailLength = mark.length + idLength + 2;
/** An alert's cause is dated by the gateway where the two times differ by less. */
const sameClockMillisecondsMax = 60_000;

/** The record's JSON with the id of the scale that its times are in. */
export function stamped(body: string, scale: string): string {
  return `${body.slice(0, -1)},${mark}${scale}"}`;
}

/** The id of the scale that a record is dated in; undefined where it was dated by a clock that was set. */
export function scaleOf(body: string): string | undefined {
  const at = body.length - tailLength;
  return at > 0 && body.startsWith(mark, at) ? body.slice(at + mark.length, -2) : undefined;
}

/**
 * The record as it goes out. `shiftOf` gives by how many milliseconds a scale is behind; where that never became
 * known, the record goes as it is, and a reading says of itself that its clock was not set.
 */
export function settled(body: string, shiftOf: (scale: string) => number | undefined): string {
  const scale = scaleOf(body);
  if (scale === undefined) {
    return body;
  }
  const plain = `${body.slice(0, body.length - tailLength - 1)}}`;
  const shift = shiftOf(scale);
  // Written by this program a moment or a restart ago, and checked by the cloud.
  return shift === undefined
    ? plain
    : JSON.stringify(shiftedRecord(JSON.parse(plain) as UplinkRecord, shift));
}

/** Moves every time that the gateway gave; the device's own stay. No time becomes negative. */
export function shiftedRecord(record: UplinkRecord, shift: number): UplinkRecord {
  const moved = (time: number) => Math.max(0, time + shift);
  switch (record.type) {
    case 'reading':
      return {
        ...record,
        sourceTime: record.sourceTime === record.gatewayTime ? moved(record.sourceTime) : record.sourceTime,
        gatewayTime: moved(record.gatewayTime),
        clockState: 'CORRECTED',
        originalTime: record.gatewayTime,
      };
    case 'alert': {
      const isOurs = Math.abs(record.sourceTime - record.gatewayTime) <= sameClockMillisecondsMax;
      return {
        ...record,
        sourceTime: isOurs ? moved(record.sourceTime) : record.sourceTime,
        gatewayTime: moved(record.gatewayTime),
      };
    }
    case 'gap':
    case 'summary':
    case 'alert-recording':
      return { ...record, from: moved(record.from), to: moved(record.to) };
    case 'alert-shelving':
      return { ...record, at: moved(record.at), until: moved(record.until) };
    case 'rejection':
      return { ...record, lastAt: moved(record.lastAt) };
    default:
      return { ...record, at: moved(record.at) };
  }
}
