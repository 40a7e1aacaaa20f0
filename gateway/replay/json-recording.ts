import type { DeviceDefinition, Quality } from '@andon/shared/contracts';
import { timeOf } from './fields.ts';
import { type ReadingsPage, type RecordingPart, recordedIn } from './json-shapes.ts';
import { type RecordedValue, type Row, recordedValue } from './row.ts';
import { watchedSignals } from './rule-signals.ts';
import { unusable } from './unusable-recording.ts';

interface Asked {
  readonly device: string | undefined;
  readonly signal: string | undefined;
}

interface Sample {
  readonly deviceId: string;
  readonly sourceTime: number;
  readonly value: RecordedValue;
}

export interface JsonRecording {
  readonly rows: readonly Row[];
  /** Values that were left out, by reason. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

const qualities: Readonly<Record<string, Quality>> = { G: 'GOOD', U: 'UNCERTAIN', B: 'BAD' };

/**
 * Reads what Andon itself recorded: pages of raw readings, or the flight recorder's recording of an alert. In the
 * order of time; values of a device and a time are a row. Throws where nothing can be used.
 */
export function readJsonRecording(
  text: string,
  asked: Asked,
  devices: readonly DeviceDefinition[],
): JsonRecording {
  const { pages, parts } = recordedIn(parsed(text.replace(/^\uFEFF/, '')));
  const known = new Set(devices.map(({ id }) => id));
  const only = asked.device ?? (devices.length === 1 ? devices[0]?.id : undefined);
  const context = { only, known, refusals: new Map<string, number>() };
  const samples: Sample[] = [];
  for (const page of pages)
    takePage(page, { ...context, signal: signalAsked(asked, devices, only) }, samples);
  for (const part of parts) takePart(part, context, samples);
  if (samples.length === 0) {
    const reasons = [...context.refusals].map(([reason, count]) => `${count} times ${reason}`);
    throw unusable(
      reasons.length === 0 ? 'The recording is empty.' : `No value can be used: ${reasons.join('; ')}.`,
    );
  }
  samples.sort((one, other) => one.sourceTime - other.sourceTime);
  return {
    rows: rowsOf(samples),
    refusals: Object.fromEntries(context.refusals),
    warnings: warningsOf(pages, parts),
  };
}

interface Context {
  /** The device of what names none. */
  readonly only: string | undefined;
  readonly known: ReadonlySet<string>;
  readonly refusals: Map<string, number>;
}

function takePage(
  { items }: ReadingsPage,
  context: Context & { signal: string | undefined },
  into: Sample[],
): void {
  for (const {
    deviceId: named,
    signal = context.signal,
    sourceTime,
    value,
    quality,
    qualityReason,
  } of items) {
    const deviceId = deviceOf(named, context);
    const time = timeOf(String(sourceTime));
    if (signal === undefined) throw unusable('The page does not say of which signal it is.', '--signal');
    if (time === undefined) refuse(context, 'the time cannot be read');
    else if (!context.known.has(deviceId)) refuse(context, 'the device is not in the configuration');
    else {
      const recorded = recordedValue(signal, value, quality, qualityReason ?? undefined);
      into.push({ deviceId, sourceTime: time, value: recorded });
    }
  }
}

function takePart(part: RecordingPart, context: Context, into: Sample[]): void {
  const deviceId = deviceOf(part.deviceId, context);
  const from = timeOf(String(part.from));
  if (from === undefined) throw unusable(`The time ${part.from} of the recording cannot be read.`);
  for (const { signal, times, values, qualities: letters } of part.signals) {
    if (times.length !== values.length || times.length !== letters.length) {
      throw unusable(
        `Signal ${signal} has ${times.length} times, ${values.length} values and ${letters.length} qualities.`,
      );
    }
    for (const [index, offset] of times.entries()) {
      if (!context.known.has(deviceId)) refuse(context, 'the device is not in the configuration');
      else {
        const quality = qualities[letters[index] ?? 'G'] ?? 'GOOD';
        const value = recordedValue(signal, values[index] ?? null, quality);
        into.push({ deviceId, sourceTime: from + offset, value });
      }
    }
  }
}

function deviceOf(named: string | undefined, { only }: Context): string {
  const deviceId = named ?? only;
  if (deviceId === undefined) throw unusable('The recording does not say of which device it is.', '--device');
  return deviceId;
}

/** A page says nothing of its signal: the one asked for, or the only one that there is. */
function signalAsked(
  { signal }: Asked,
  devices: readonly DeviceDefinition[],
  deviceId: string | undefined,
): string | undefined {
  const watched = watchedSignals(devices, deviceId);
  const [only] = watched;
  return signal ?? (watched.size === 1 ? only : undefined);
}

function refuse({ refusals }: Context, reason: string): void {
  refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
}

function rowsOf(samples: readonly Sample[]): Row[] {
  const rows: { deviceId: string; sourceTime: number; values: RecordedValue[] }[] = [];
  for (const { deviceId, sourceTime, value } of samples) {
    const last = rows.at(-1);
    const isSame = last?.deviceId === deviceId && last.sourceTime === sourceTime;
    // A signal that has two values at one time had one after the other.
    if (isSame && last.values.every(({ signal }) => signal !== value.signal)) last.values.push(value);
    else rows.push({ deviceId, sourceTime, values: [value] });
  }
  return rows;
}

function warningsOf(pages: readonly ReadingsPage[], parts: readonly RecordingPart[]): string[] {
  const goesOn = pages.length > 0 && pages.every(({ nextCursor = null }) => nextCursor !== null);
  return [
    ...(goesOn ? ['There are more pages after this one (nextCursor), which are not in the file.'] : []),
    ...(parts.some(({ truncated }) => truncated)
      ? ['The flight recorder had no room for all values: some are missing.']
      : []),
  ];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unusable(`The file is not JSON: ${error.message}.`);
  }
}
