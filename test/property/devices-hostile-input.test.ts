import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestAnswer, type TestApp } from '../support/app.ts';
import {
  createDeviceGround,
  type EdgeGateway,
  enrolGateway,
  readingOf,
  registerDevice,
} from '../support/edge-gateway.ts';

let cloud: TestApp;
let gateway: EdgeGateway;
let ground: { accountId: string; assetId: string };

beforeAll(async () => {
  cloud = await createTestApp({ background: false, logLevel: 'silent' });
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
  await gateway.send('readings', [readingOf({ deviceId: 'press-1' })]);
  ground = await createDeviceGround(cloud);
});
afterAll(() => cloud.close());

/** What a stranger, or a broken program, may put where something else belongs. */
const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '__proto__',
    '-1',
    1e308,
    -1e308,
    9_007_199_254_740_994,
    2 ** 63,
    -0,
    0.1,
    [],
    {},
    { constructor: null },
    '0000-00-00T00:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    8_640_000_000_000_001,
    'x'.repeat(5000),
    '𝕌ñí🚀',
    "'; drop table devices; --",
  ),
);

/** One to three members replaced, at the top or one level down. */
function spoilt(body: Record<string, unknown>) {
  return fc
    .array(fc.tuple(fc.constantFrom(...Object.keys(body), 'surprise'), hostile), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => ({ ...body, ...Object.fromEntries(changes) }));
}

const neverOurFault = (answer: TestAnswer) => {
  expect(answer.status, answer.text).toBeLessThan(500);
  if (answer.status >= 400) {
    expect(answer.body.code, answer.text).toMatch(/^[a-z-]+\.[a-z0-9-]+$/);
    expect(answer.text).not.toMatch(/\.ts:\d|node_modules/);
  }
};

const bodies: [string, () => Record<string, unknown>][] = [
  ['/v1/accounts', () => ({ name: 'A', parentId: ground.accountId })],
  [
    '/v1/contacts',
    () => ({
      accountId: ground.accountId,
      fullName: 'A',
      email: 'a@b.example',
      phone: '+34612345678',
      language: 'en',
      primary: true,
    }),
  ],
  [
    '/v1/assets',
    () => ({
      accountId: ground.accountId,
      name: 'A',
      assetNumber: '1',
      product: 'P',
      serialNumber: '1',
      categoryId: 'c',
    }),
  ],
  ['/v1/gateways', () => ({ id: 'g', name: 'G' })],
  [
    '/v1/device-categories',
    () => ({
      id: 'c',
      name: 'C',
      signals: [{ name: 'a', unit: 'Cel', minimum: 0, maximum: 1 }],
      rules: [{ name: 'r', signal: 'a', limits: { hi: { setpoint: 1, severity: 'MAJOR' } } }],
      commands: [],
      escalationPolicy: null,
    }),
  ],
];

test.each(bodies)(
  'POST %s answers whatever it is sent with a problem that is the caller’s',
  async (path, bodyOf) => {
    await fc.assert(
      fc.asyncProperty(spoilt(bodyOf()), async (body) => {
        neverOurFault(await cloud.administrator.post(path, body));
      }),
      { numRuns: 60 },
    );
  },
);

test('registering answers whatever it is sent with a problem that is the caller’s', async () => {
  const body = { deviceId: 'd', name: 'D', categoryId: 'press', gatewayId: 'line-1', simulated: true };
  await fc.assert(
    fc.asyncProperty(spoilt(body), async (registration) => {
      neverOurFault(await cloud.administrator.post(`/v1/assets/${ground.assetId}/register`, registration));
    }),
    { numRuns: 60 },
  );
});

test('the uplink answers whatever it is sent with a problem that is the caller’s', async () => {
  const records: Record<string, unknown>[] = [
    { ...readingOf({ deviceId: 'press-1' }), qualityReason: 'r', bootId: 'b' },
    { type: 'gap', deviceId: 'press-1', reason: 'r', count: 1, from: 1, to: 2 },
    {
      type: 'device-status',
      deviceId: 'press-1',
      connected: true,
      at: 1,
      bootId: 'b',
      firmware: 'f',
      reason: 'r',
    },
    { type: 'rejection', deviceId: 'press-1', source: 's', reason: 'r', count: 1, lastAt: 1 },
  ];
  const anyRecord = fc.oneof(...records.map(spoilt), hostile);
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyRecord, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('alerts', 'readings'),
      async (some, lane) => {
        neverOurFault(await gateway.post({ lane, epoch: randomUUID(), firstSeq: 1, records: some }));
      },
    ),
    { numRuns: 150 },
  );
  await fc.assert(
    fc.asyncProperty(
      spoilt({
        lane: 'readings',
        epoch: randomUUID(),
        firstSeq: 1,
        records: [readingOf({ deviceId: 'press-1' })],
      }),
      async (batch) => neverOurFault(await gateway.post(batch)),
    ),
    { numRuns: 60 },
  );
});

test('lists and queries answer whatever they are asked with a problem that is the caller’s', async () => {
  const paths = [
    'accounts',
    'contacts',
    'assets',
    'gateways',
    'gateways/line-1/gaps',
    'gateways/line-1/rejections',
    'device-categories',
    'devices',
    'devices/press-1/registration-history',
    'devices/press-1/readings',
    'devices/press-1/readings/raw',
    'devices/press-1/gaps',
  ];
  const names = [
    'q',
    'limit',
    'cursor',
    'accountId',
    'connected',
    'signal',
    'from',
    'to',
    'buckets',
    'parentId',
    'deviceId',
  ];
  const anyCursor = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
  const value = fc.oneof(
    hostile.map((one) => (typeof one === 'string' ? one.toWellFormed() : JSON.stringify(one))),
    anyCursor,
    fc.constantFrom('temperature', '2026-03-02T08:00:00Z', 'true', '10'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 }),
      async (path, members) => {
        const query = new URLSearchParams([['signal', 'temperature'], ...members]);
        if (!path.includes('readings')) {
          query.delete('signal');
        }
        neverOurFault(await cloud.administrator.get(`/v1/${path}?${query}`));
      },
    ),
    { numRuns: 250 },
  );
});
