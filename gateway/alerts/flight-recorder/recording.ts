import { type AlertRecording, recordingFramesMax } from '@andon/shared/contracts';
import type { KeptFrame } from './frame-ring.ts';
import type { Sample } from './sample-ring.ts';

/** Why a part after an alert ends early. */
export type RecordingCut = 'cut off by a restart' | 'cut short as too many alerts were recorded at once';

export interface KeptSamples {
  readonly samples: readonly Sample[];
  readonly isTruncated: boolean;
  readonly units: ReadonlyMap<string, string>;
}

export interface KeptFrames {
  readonly frames: readonly KeptFrame[];
  readonly areTruncated: boolean;
}

export const noSamples: KeptSamples = { samples: [], isTruncated: false, units: new Map() };
export const noFrames: KeptFrames = { frames: [], areTruncated: false };

/** Of a part that ends early, for the given reason. */
export const endingEarly = (recording: AlertRecording, reason: RecordingCut): AlertRecording => ({
  ...recording,
  truncated: true,
  reason,
});

const qualityLetters = { GOOD: 'G', UNCERTAIN: 'U', BAD: 'B' } as const;

/** A part of a recording, as it is sent. */
export function recordingOf(
  { alertId, deviceId }: { alertId: string; deviceId: string },
  part: AlertRecording['part'],
  { from, to }: { from: number; to: number },
  { samples, isTruncated, units }: KeptSamples,
  { frames, areTruncated }: KeptFrames,
): AlertRecording {
  const signals = [...Map.groupBy(samples, ({ signal }) => signal)].map(([signal, some]) => {
    const unit = units.get(signal);
    return {
      signal,
      ...(unit === undefined ? {} : { unit }),
      times: some.map(({ sourceTime }) => sourceTime - from),
      values: some.map(({ value }) => value),
      qualities: some.map(({ quality }) => qualityLetters[quality]).join(''),
    };
  });
  return {
    type: 'alert-recording',
    alertId,
    deviceId,
    part,
    from,
    to,
    truncated: isTruncated,
    ...(areTruncated || frames.length > recordingFramesMax ? { framesTruncated: true } : {}),
    signals,
    frames: frames.slice(-recordingFramesMax).map(({ at, direction, bytes, length }) => ({
      at,
      direction,
      hexadecimal: Buffer.from(bytes).toString('hex'),
      ...(length > bytes.length ? { lengthBytes: length } : {}),
    })),
  };
}
