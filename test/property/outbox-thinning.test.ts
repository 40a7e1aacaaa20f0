import {
  UplinkRecord as AnyRecord,
  type Reading,
  ReadingSummary,
  type UplinkRecord,
} from '@andon/shared/contracts';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { gapsOf, newlyLost, thin } from '../../gateway/outbox/thinning.ts';

const checkRecord = Compile(AnyRecord);
const checkSummary = Compile(ReadingSummary);
const isSummary = (record: UplinkRecord): record is ReadingSummary => checkSummary.Check(record);

const reading = fc
  .record({
    deviceId: fc.constantFrom('press-1', 'pump-2'),
    signal: fc.constantFrom('temperature', 'level'),
    value: fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.string({ maxLength: 5 }),
      fc.constant(null),
    ),
    quality: fc.constantFrom('GOOD', 'UNCERTAIN', 'BAD'),
    sourceTime: fc.integer({ min: 0, max: 300_000 }),
  })
  .map(
    (parts): Reading => ({
      type: 'reading',
      ...parts,
      quality: parts.quality as Reading['quality'],
      gatewayTime: parts.sourceTime,
      clockState: 'SYNCHRONIZED',
      historical: false,
    }),
  );
const readings = fc.array(reading, { minLength: 1, maxLength: 60 });

const total = (records: readonly UplinkRecord[]) => newlyLost(records);
const numbersOf = (records: readonly Reading[], deviceId: string, signal: string) =>
  records
    .filter((record) => record.deviceId === deviceId && record.signal === signal && record.quality !== 'BAD')
    .flatMap(({ value }) =>
      typeof value === 'number' ? [value] : typeof value === 'boolean' ? [Number(value)] : [],
    );

test('Thinning keeps the count, the extremes and the legal form, and leaves one record for a signal and bucket', () => {
  fc.assert(
    fc.property(readings, fc.constantFrom(1000, 60_000, 900_000), (records, bucket) => {
      const thinned = thin(records, bucket);
      expect(thinned.every((record) => checkRecord.Check(record))).toBe(true);
      expect(total(thinned)).toBe(records.length);
      const places = thinned.map((record) =>
        record.type === 'reading' || record.type === 'summary'
          ? `${record.deviceId} ${record.signal} ${Math.floor((record.type === 'reading' ? record.sourceTime : record.from) / bucket)}`
          : '',
      );
      expect(new Set(places).size).toBe(places.length);
      for (const summary of thinned.filter(isSummary)) {
        const numbers = numbersOf(
          records.filter(
            ({ sourceTime }) => Math.floor(sourceTime / bucket) === Math.floor(summary.from / bucket),
          ),
          summary.deviceId,
          summary.signal,
        );
        expect(summary.numericCount).toBe(numbers.length);
        if (numbers.length > 0) {
          expect(summary.minimum).toBe(Math.min(...numbers));
          expect(summary.maximum).toBe(Math.max(...numbers));
          expect(summary.mean).toBeGreaterThanOrEqual(Math.min(...numbers));
          expect(summary.mean).toBeLessThanOrEqual(Math.max(...numbers));
        }
      }
    }),
  );
});

test('What is thinned in pieces and again is as if it had been thinned at once', () => {
  fc.assert(
    fc.property(readings, readings, (first, second) => {
      const bucket = 60_000;
      const atOnce = thin([...first, ...second], bucket);
      const inPieces = thin([...thin(first, bucket), ...thin(second, bucket)], bucket);
      const exact = (records: UplinkRecord[]) =>
        records.map((record) => {
          if (!isSummary(record)) return record;
          const { mean, last, ...rest } = record;
          return rest;
        });
      expect(exact(inPieces)).toEqual(exact(atOnce));
      for (const [index, record] of inPieces.entries()) {
        const other = atOnce[index];
        if (isSummary(record) && other !== undefined && isSummary(other) && record.mean !== undefined) {
          const scale = Math.max(1e-300, Math.abs(other.minimum ?? 0), Math.abs(other.maximum ?? 0));
          expect(Math.abs(record.mean / scale - (other.mean ?? 0) / scale)).toBeLessThan(1e-9);
        }
      }
    }),
  );
});

test('What is dropped is told by device with all that it stood for, whatever had happened to it before', () => {
  fc.assert(
    fc.property(readings, readings, (dropped, thinned) => {
      const before = gapsOf(dropped, 'evicted');
      const records = [...before, ...thin(thinned, 60_000)];
      const gaps = gapsOf(records, 'evicted');
      expect(gaps.reduce((sum, { count }) => sum + count, 0)).toBe(dropped.length + thinned.length);
      expect(new Set(gaps.map(({ deviceId }) => deviceId)).size).toBe(gaps.length);
      for (const gap of gaps) {
        expect(checkRecord.Check(gap)).toBe(true);
        const own = [...dropped, ...thinned].filter(({ deviceId }) => deviceId === gap.deviceId);
        expect(gap.from).toBe(Math.min(...own.map(({ sourceTime }) => sourceTime)));
        expect(gap.to).toBe(Math.max(...own.map(({ sourceTime }) => sourceTime)));
        expect(new Set(gap.signals)).toEqual(new Set(own.map(({ signal }) => signal)));
      }
    }),
  );
});

test('Of a thousand devices some are told by name and the rest together', () => {
  const records = Array.from(
    { length: 1000 },
    (_, index): UplinkRecord => ({
      type: 'reading',
      deviceId: `device-${index}`,
      signal: 'level',
      value: 1,
      quality: 'GOOD',
      sourceTime: index,
      gatewayTime: index,
      clockState: 'SYNCHRONIZED',
      historical: false,
    }),
  );
  const gaps = gapsOf(records, 'evicted');
  expect(gaps).toHaveLength(201);
  expect(gaps.at(-1)).toEqual({ type: 'gap', reason: 'evicted', count: 800, from: 200, to: 999 });
});
