import {
  AlertRecording,
  Quality,
  SignalName,
  SignalValue,
  Slug,
  seldomValidatorOf,
} from '@andon/shared/contracts';
import { type Static, type TSchema, Type } from 'typebox';
import { unusable } from './unusable-recording.ts';

const Time = Type.Union([Type.Number({ minimum: 0 }), Type.String({ minLength: 1, maxLength: 40 })]);

/** What `GET /v1/devices/{id}/readings/raw` of the cloud answers: it says neither the device nor the signal. */
export const ReadingsPage = Type.Object({
  items: Type.Array(
    Type.Object({
      deviceId: Type.Optional(Slug),
      signal: Type.Optional(SignalName),
      sourceTime: Time,
      value: SignalValue,
      quality: Quality,
      qualityReason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
  ),
  nextCursor: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
export type ReadingsPage = Static<typeof ReadingsPage>;

/** A part of what the flight recorder kept around an alert, as the gateway sends it and as the cloud shows it. */
export const RecordingPart = Type.Object({
  deviceId: Type.Optional(Slug),
  from: Time,
  truncated: Type.Boolean(),
  signals: AlertRecording.properties.signals,
});
export type RecordingPart = Static<typeof RecordingPart>;

const checkPage = seldomValidatorOf(ReadingsPage);
const checkPart = seldomValidatorOf(RecordingPart);

export interface Recorded {
  readonly pages: readonly ReadingsPage[];
  readonly parts: readonly RecordingPart[];
}

/**
 * The pages of readings and parts of recordings in a document: one, a list of them, or the `parts` of an alert. Throws
 * where something else stands, with its place.
 */
export function recordedIn(document: unknown): Recorded {
  const pages: ReadingsPage[] = [];
  const parts: RecordingPart[] = [];
  const take = (value: unknown, place: string): void => {
    if (has(value, 'items')) pages.push(checked(checkPage, value, place));
    else if (has(value, 'signals')) parts.push(checked(checkPart, value, place));
    else if (has(value, 'parts') && Array.isArray(value.parts)) {
      value.parts.forEach((part, index) => {
        parts.push(checked(checkPart, part, `${place}/parts/${index}`));
      });
    } else {
      throw unusable(
        `${place || 'The document'} is neither a page of readings (items) nor a recording of an alert (parts, or signals).`,
      );
    }
  };
  if (Array.isArray(document)) document.forEach((one, index) => void take(one, `/${index}`));
  else take(document, '');
  return { pages, parts };
}

const has = <Key extends string>(value: unknown, key: Key): value is Record<Key, unknown> =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key);

function checked<Schema extends TSchema>(
  validator: ReturnType<typeof seldomValidatorOf<Schema>>,
  value: unknown,
  place: string,
): Static<Schema> {
  if (validator.Check(value)) return value;
  const [first] = validator.Errors(value);
  throw unusable(`At ${place}${first?.instancePath ?? ''}: ${first?.message ?? 'it has another shape'}.`);
}
