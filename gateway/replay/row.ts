import type { Quality } from '@andon/shared/contracts';
import type { RawMessage, RawValue } from '../connectors/connector.ts';

/** A value, with what the recording says of its quality where no wire could say it. */
export type RecordedValue = RawValue & { readonly isUncertain?: true };

/** A row of the recording, as a connector would hand it on. */
export type Row = Omit<RawMessage, 'values' | 'sourceTime'> & {
  readonly sourceTime: number;
  readonly values: readonly RecordedValue[];
};

/** A value as it was recorded. What was BAD then is BAD now, whatever the configuration says of the value. */
export function recordedValue(
  signal: string,
  value: unknown,
  quality: Quality,
  reason?: string,
): RecordedValue {
  if (quality === 'BAD') return { signal, value: null, badReason: reason || 'recorded-as-bad' };
  return quality === 'UNCERTAIN' ? { signal, value, isUncertain: true } : { signal, value };
}
