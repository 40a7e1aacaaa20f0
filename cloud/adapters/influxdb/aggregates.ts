import type { BucketPart, StoredSignal } from '../../telemetry/index.ts';
import { measurement } from './points.ts';
import type { QueryApi, Series } from './query-api.ts';

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Buckets as wide as each other, of which the server makes one number each. */
interface Span {
  /** Where the bucket begins that the first of them is, or is a part of. */
  readonly start: number;
  /** Where the first of them itself begins. */
  readonly from: number;
  readonly width: number;
  readonly count: number;
}

/**
 * What the readings of [from, to) are, bucket by bucket, computed at the server: however many there are, an answer
 * holds some numbers for each bucket.
 */
export async function partsIn(
  api: QueryApi,
  signal: StoredSignal,
  range: Range,
  plan: { readonly origin: number; readonly bucketMilliseconds: number },
): Promise<BucketPart[]> {
  const answers = await Promise.all(
    spansOf(range, plan).map(async (span) =>
      partsOf(await api.steps(queryOf(signal), { ...span, step: plan.bucketMilliseconds }), span),
    ),
  );
  return answers.flat();
}

/** How many readings there are in [from, to). */
export async function countIn(api: QueryApi, signal: StoredSignal, { from, to }: Range): Promise<number> {
  const query = (window: string) => `sum(count_over_time(${seriesOf(signal, 'quality')}${window}))`;
  const span = { from, width: to - from, count: 1, step: to - from };
  const [series] = await api.steps(query, span);
  return series?.points[0]?.[1] ?? 0;
}

/** Names hold no quotation marks: the contract sees to it. Escaped all the same. */
export function labelsOf({ deviceId, name }: StoredSignal): string {
  return `device=${JSON.stringify(deviceId)},signal=${JSON.stringify(name)}`;
}

const seriesOf = (signal: StoredSignal, field: string): string =>
  `{__name__=~"${measurement}_${field}",${labelsOf(signal)}}`;

/** The buckets that lie in the range as wholes, and what it has of the first and of the last one. */
export function spansOf(
  { from, to }: Range,
  { origin, bucketMilliseconds: width }: { origin: number; bucketMilliseconds: number },
): Span[] {
  const startOf = (time: number): number => origin + Math.floor((time - origin) / width) * width;
  const first = startOf(from) === from ? from : startOf(from) + width;
  const last = startOf(to);
  const spans: Span[] =
    first > last
      ? [{ start: startOf(from), from, width: to - from, count: 1 }]
      : [
          { start: startOf(from), from, width: first - from, count: 1 },
          { start: first, from: first, width, count: (last - first) / width },
          { start: last, from: last, width: to - last, count: 1 },
        ];
  return spans.filter((span) => span.width > 0 && span.count > 0);
}

/** Of numbers the last and when it was, of each of those that came at one time; all else is one number for all. */
function queryOf(signal: StoredSignal): (window: string) => string {
  const [all, value, huge] = [
    seriesOf(signal, '(value|huge_value)'),
    seriesOf(signal, 'value'),
    seriesOf(signal, 'huge_value'),
  ];
  const quality = seriesOf(signal, 'quality');
  return (window) => `union(
    alias(sum(count_over_time(${quality}${window})), "count"),
    alias(sum(count_eq_over_time(${quality}${window}, 2)), "bad_count"),
    alias(sum(count_over_time(${value}${window})), "numeric_count"),
    alias(sum(sum_over_time(${value}${window})), "total"),
    alias(min(min_over_time(${all}${window})), "minimum"),
    alias(max(max_over_time(${all}${window})), "maximum"),
    label_set(last_over_time(${value}${window}), "__name__", "last"),
    label_set(tlast_over_time(${value}${window}), "__name__", "last_time"),
    label_set(last_over_time(${huge}${window}), "__name__", "huge_last"),
    label_set(tlast_over_time(${huge}${window}), "__name__", "huge_last_time"))`;
}

type Part = { -readonly [Name in keyof BucketPart]: BucketPart[Name] };

function partsOf(answer: readonly Series[], { start, width }: Span): BucketPart[] {
  const parts = new Map<number, Part>();
  const partAt = (index: number): Part => {
    const found = parts.get(index) ?? emptyPart(start + index * width);
    parts.set(index, found);
    return found;
  };
  const plain = { count: 'count', bad_count: 'badCount', numeric_count: 'numericCount' } as const;
  for (const { labels, points } of answer) {
    for (const [index, value] of points) {
      const name = labels.__name__;
      if (name === 'count' || name === 'bad_count' || name === 'numeric_count') {
        partAt(index)[plain[name]] = value;
      } else if (name === 'total' || name === 'minimum' || name === 'maximum') {
        partAt(index)[name] = value;
      }
    }
  }
  for (const [index, { time, value }] of lastsOf(answer)) {
    Object.assign(partAt(index), { lastTime: time, last: value });
  }
  return [...parts.values()];
}

function emptyPart(start: number): Part {
  return {
    start,
    count: 0,
    badCount: 0,
    numericCount: 0,
    total: 0,
    minimum: null,
    maximum: null,
    lastTime: null,
    last: null,
  };
}

interface Last {
  readonly time: number;
  readonly ordinal: number;
  readonly value: number;
}

/** By bucket: the latest, and of several at one time the later in its lane. */
function lastsOf(answer: readonly Series[]): Map<number, Last> {
  const lasts = new Map<number, Last>();
  for (const { labels, points } of answer) {
    const values = answer.find(
      (other) => `${other.labels.__name__}_time` === labels.__name__ && other.labels.n === labels.n,
    );
    const valueAt = new Map(values?.points);
    for (const [index, seconds] of values === undefined ? [] : points) {
      const candidate = {
        time: Math.round(seconds * 1000),
        ordinal: Number(labels.n ?? 0),
        value: valueAt.get(index) ?? Number.NaN,
      };
      const best = lasts.get(index);
      if (
        best === undefined ||
        candidate.time > best.time ||
        (candidate.time === best.time && candidate.ordinal > best.ordinal)
      ) {
        lasts.set(index, candidate);
      }
    }
  }
  return lasts;
}
