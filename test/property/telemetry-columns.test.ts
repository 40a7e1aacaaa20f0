import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { latestOfEach, toArrays } from '../../cloud/telemetry/reading-columns.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type EdgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';

let cloud: TestApp;
let gateway: EdgeGateway;

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
});
afterAll(() => cloud.close());

const storableText = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((text) => text.replaceAll('\u0000', '').toWellFormed());
const anyValue = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  storableText,
  fc.constantFrom('NULL', 'null', '{}', '"', '\\', '\\"', '{"a","b"}', "'; drop table readings; --", ''),
  fc.boolean(),
  fc.constant(null),
);

test('whatever a reading holds comes back as it was sent', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ value: anyValue, reason: fc.option(storableText, { nil: undefined }) }), {
        minLength: 1,
        maxLength: 40,
      }),
      async (values) => {
        run += 1;
        const signal = `s${run}`;
        const records = values.map(({ value, reason }, index) =>
          readingOf({
            deviceId: 'press-1',
            signal,
            value: value === 0 ? 0 : value,
            sourceTime: 1_700_000_000_000 + index,
            ...(reason === undefined ? {} : { quality: 'BAD', qualityReason: reason }),
          }),
        );
        expect((await gateway.send('readings', records)).status).toBe(200);
        const { body } = await cloud.administrator.get(
          `/v1/devices/press-1/readings/raw?signal=${signal}&from=2023-11-14T00:00:00Z&to=2023-11-16T00:00:00Z`,
        );
        expect(
          body.items.map((item: { value: unknown; qualityReason: unknown; sourceTime: string }) => [
            item.value,
            item.qualityReason,
            Date.parse(item.sourceTime),
          ]),
        ).toEqual(records.map((record) => [record.value, record.qualityReason ?? null, record.sourceTime]));
      },
    ),
    { numRuns: 40 },
  );
});

test('the latest of a batch is the one of the highest time that is not in the future, the last of equals', () => {
  const receivedAt = 1_000_000_000;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ signalId: fc.integer({ min: 1, max: 3 }), offset: fc.integer({ min: -5, max: 5 }) }),
      ),
      (picks) => {
        const numbered = picks.map(({ signalId, offset }, index) => ({
          signalId,
          reading: readingOf({
            deviceId: 'press-1',
            value: index,
            sourceTime: receivedAt + offset * 3_600_000,
          }),
        }));
        const latest = latestOfEach(numbered, receivedAt);
        for (const { signalId } of picks) {
          const own = numbered.filter((candidate) => candidate.signalId === signalId);
          const believable = own.filter(({ reading }) => reading.sourceTime <= receivedAt + 3_600_000);
          const highest = Math.max(
            ...(believable.length > 0 ? believable : own).map((one) => one.reading.sourceTime),
          );
          const expected =
            believable.length > 0
              ? believable.findLast((one) => one.reading.sourceTime === highest)
              : own.at(-1);
          expect(latest.get(signalId)).toBe(expected);
        }
      },
    ),
  );
});

test('columns that hold nothing are not sent', () => {
  const arrays = toArrays([{ signalId: 1, reading: readingOf({ deviceId: 'press-1' }) }]);
  expect([arrays.texts, arrays.reasons]).toEqual([undefined, undefined]);
});
