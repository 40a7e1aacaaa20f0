import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { pressCategory } from '../support/plant.ts';

let cloud: TestApp;
beforeAll(async () => {
  cloud = await createTestApp({ background: false });
});
afterAll(() => cloud?.close());

test('a rule that is refused at the door says by which keyword of the schema, for each field', async () => {
  const rule = {
    signal: 'temperature',
    limits: { hi: { setpoint: 'high', deadband: -1, severity: 'AWFUL' } },
    colour: 'red',
  };
  const answer = await cloud.administrator.post('/v1/device-categories', { ...pressCategory, rules: [rule] });
  expect(answer).toMatchObject({ status: 422, body: { code: 'platform.invalid-request' } });
  const told = new Map(
    answer.body.errors.map((error: { field: string; keyword: string; values: object }) => [
      error.field,
      [error.keyword, error.values],
    ]),
  );
  expect(told.get('rules.0.name')).toEqual(['required', {}]);
  expect(told.get('rules.0.colour')).toEqual(['additionalProperties', {}]);
  expect(told.get('rules.0.limits.hi.deadband')).toEqual(['minimum', { limit: 0 }]);
  expect(told.get('rules.0.limits.hi.setpoint')).toEqual(['type', {}]);
  expect(told.get('rules.0.limits.hi.severity')).toEqual([
    'enum',
    { allowed: expect.stringContaining('CRITICAL, MAJOR') },
  ]);
});
