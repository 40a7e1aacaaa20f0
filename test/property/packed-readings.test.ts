import { Reading, ReadingSummary } from '@andon/shared/contracts';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { expect, test } from 'vitest';
import { isPackable, PackWriter, unpack } from '../../gateway/outbox/packed-readings.ts';

const text = fc.oneof(
  fc.constantFrom('press-1', 'temperature', '°C'),
  fc.string({ unit: 'binary', maxLength: 300 }).map((value) => value.toWellFormed()),
);
const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
  fc.integer({ min: -100_000, max: 100_000 }).map((thousandths) => thousandths / 1000),
  fc.constantFrom(0, 0.1, 1e12, -1e12, 999_999_999_999.999, 2 ** 51, -(2 ** 51), 5e-324, 1.7e308),
  text,
  fc.boolean(),
  fc.constant(null),
);
const time = fc.oneof(
  fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_100 }),
);
const reading: fc.Arbitrary<Reading> = fc.record(
  {
    type: fc.constant('reading' as const),
    deviceId: text,
    signal: text,
    value,
    quality: fc.constantFrom('GOOD' as const, 'UNCERTAIN' as const, 'BAD' as const),
    sourceTime: time,
    gatewayTime: time,
    clockState: fc.constantFrom('SYNCHRONIZED' as const, 'UNSYNCHRONIZED' as const, 'CORRECTED' as const),
    historical: fc.boolean(),
    unit: text,
    qualityReason: text,
    bootId: text,
    originalTime: time,
  },
  {
    requiredKeys: [
      'type',
      'deviceId',
      'signal',
      'value',
      'quality',
      'sourceTime',
      'gatewayTime',
      'clockState',
      'historical',
    ],
  },
);

test('Every member that a reading can have comes out of a pack as it went in, between other records', () => {
  // A member that is added to the contract must be added here, and to the pack or to what cannot be packed.
  const [example] = fc.sample(reading, { numRuns: 1 });
  const optional = { unit: '', qualityReason: '', bootId: '', originalTime: 0 };
  expect(Object.keys({ ...example, ...optional }).toSorted()).toEqual(
    Object.keys(Reading.properties).toSorted(),
  );
  const writer = new PackWriter();
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 9, arbitrary: reading }, { weight: 1, arbitrary: text }), { minLength: 1 }),
      (records) => {
        for (const record of records) {
          if (typeof record === 'object' && isPackable(record)) {
            writer.addReading(record);
          } else {
            writer.addText(JSON.stringify(record));
          }
        }
        expect(writer.records).toBe(records.length);
        const pack = writer.take().slice();
        expect(unpack(pack).map((body) => JSON.parse(body))).toEqual(
          records.map((record) => JSON.parse(JSON.stringify(record))),
        );
      },
    ),
  );
});

const count = fc.integer({ min: 0, max: 2_147_483_647 });
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -100_000, max: 100_000 }).map((thousandths) => thousandths / 1000),
);
const summary: fc.Arbitrary<ReadingSummary> = fc.record(
  {
    type: fc.constant('summary' as const),
    deviceId: text,
    signal: text,
    unit: text,
    from: time,
    to: time,
    count,
    badCount: count,
    numericCount: count,
    minimum: number,
    maximum: number,
    mean: number,
    last: value,
    clockState: fc.constantFrom('SYNCHRONIZED' as const, 'UNSYNCHRONIZED' as const, 'CORRECTED' as const),
  },
  {
    requiredKeys: [
      ...(['type', 'deviceId', 'signal', 'from', 'to', 'count', 'badCount', 'numericCount'] as const),
      ...(['last', 'clockState'] as const),
    ],
  },
);

test('Summaries come out of a pack as they went in, between readings and other records', () => {
  // A member that is added to the contract must be added here and to the pack.
  const [example] = fc.sample(summary, { numRuns: 1 });
  const optional = { unit: '', minimum: 0, maximum: 0, mean: 0 };
  expect(Object.keys({ ...example, ...optional }).toSorted()).toEqual(
    Object.keys(ReadingSummary.properties).toSorted(),
  );
  const writer = new PackWriter();
  const gap = fc.constant({ type: 'gap' as const, reason: 'evicted', count: 1, from: 1, to: 2 });
  fc.assert(
    fc.property(fc.array(fc.oneof(summary, reading, gap), { minLength: 1 }), (records) => {
      for (const record of records) {
        writer.add(record);
      }
      expect(writer.records).toBe(records.length);
      const pack = writer.take().slice();
      expect(unpack(pack).map((body) => JSON.parse(body))).toEqual(
        records.map((record) => JSON.parse(JSON.stringify(record))),
      );
    }),
  );
});

test('Summaries take an eighth of the bytes of their JSON', () => {
  const writer = new PackWriter();
  let json = 0;
  for (let minute = 0; minute < 100; minute += 1) {
    for (const [index, signal] of ['temperature', 'pressure', 'vibration', 'cycles'].entries()) {
      const from = 1_700_000_000_000 + 60_000 * minute + index;
      const record: ReadingSummary = {
        type: 'summary',
        deviceId: 'press-1',
        signal,
        unit: 'Cel',
        from,
        to: from + 59_000,
        count: 60,
        badCount: 0,
        numericCount: 60,
        minimum: 71.25 + index,
        maximum: 74.5 + index,
        mean: 72.12345678901 + index,
        last: 73 + index,
        clockState: 'SYNCHRONIZED',
      };
      writer.add(record);
      json += JSON.stringify(record).length;
    }
  }
  expect(writer.take().length).toBeLessThan(json / 8);
});

test('Readings of one message take a few bytes each', () => {
  const writer = new PackWriter();
  for (let message = 0; message < 100; message += 1) {
    for (const [index, signal] of ['temperature', 'pressure', 'vibration', 'cycles'].entries()) {
      const at = 1_700_000_000_000 + 20 * message;
      writer.addReading({
        type: 'reading',
        deviceId: 'press-1',
        signal,
        value: index === 3 ? 184_220 + message : 72.31 + index,
        quality: 'GOOD',
        sourceTime: at,
        gatewayTime: at + 3,
        clockState: 'SYNCHRONIZED',
        historical: false,
      });
    }
  }
  expect(writer.take().length / 400).toBeLessThan(8);
});

test('A pack that is cut off or altered is an error or other records, and never hangs', () => {
  const writer = new PackWriter();
  fc.assert(
    fc.property(
      fc.array(fc.oneof(reading, summary), { minLength: 1 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))),
      fc.nat(),
      (readings, changes, cut) => {
        for (const record of readings) {
          writer.add(record);
        }
        writer.addText('{}');
        const pack = writer.take().slice();
        for (const [position, byte] of changes) {
          pack[position % pack.length] = byte;
        }
        try {
          const records = unpack(pack.subarray(0, cut % (pack.length + 1)));
          expect(records.length).toBeLessThanOrEqual(pack.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      },
    ),
  );
});

test('What is packed by the contract is legal by the contract', () => {
  const legal: Reading = {
    type: 'reading',
    deviceId: 'press-1',
    signal: 'temperature',
    value: 1,
    quality: 'UNCERTAIN',
    qualityReason: 'device-time-not-set',
    sourceTime: 5,
    gatewayTime: 6,
    clockState: 'CORRECTED',
    historical: true,
    bootId: 'b',
    unit: 'Cel',
  };
  const writer = new PackWriter();
  writer.addReading(legal);
  expect(Value.Check(Reading, JSON.parse(unpack(writer.take())[0] ?? ''))).toBe(true);
});
