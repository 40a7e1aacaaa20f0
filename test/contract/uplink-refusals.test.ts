import { uuidv7Source } from '@andon/shared/kernel';
import Fastify from 'fastify';
import { afterAll, expect, test } from 'vitest';
import { checkBatch } from '../../cloud/gateways/uplink-batch.ts';
import { installProblemDetails } from '../../cloud/platform/problem-details.ts';
import { interpretAnswer } from '../../gateway/uplink/answer.ts';
import { numberedReading } from '../support/outbox.ts';

const app = Fastify({ bodyLimit: 10_000 });
installProblemDetails(app);
app.post('/v1/gateway/uplink', (request) => ({ acked: checkBatch(request.body).firstSeq }));
afterAll(() => app.close());

const newId = uuidv7Source();

/** What the gateway makes of what the cloud says to a batch. */
async function answerTo(body: object | string) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  const response = await app.inject({ method: 'POST', url: '/v1/gateway/uplink', headers, payload });
  return interpretAnswer({
    status: response.statusCode,
    retryAfter: null,
    date: null,
    contentType: response.headers['content-type'] ?? null,
    body: response.body,
  });
}

const batch = (changes: object) => ({
  lane: 'readings',
  epoch: newId(),
  firstSeq: 1,
  records: [numberedReading(1)],
  ...changes,
});

test('The gateway blames a record where the cloud does, for what it holds or for its length', async () => {
  expect(await answerTo(batch({}))).toEqual({ kind: 'stored', acked: 1 });
  const bad = await answerTo(batch({ records: [{ ...numberedReading(1), quality: 'FINE' }] }));
  expect(bad).toMatchObject({ kind: 'invalid', reason: expect.stringContaining('records.0.quality') });
  const unknown = await answerTo(batch({ records: [{ type: 'song' }] }));
  expect(unknown.kind).toBe('invalid');
  const long = await answerTo(batch({ records: [numberedReading(1, 20_000)] }));
  expect(long).toMatchObject({ kind: 'invalid', reason: expect.stringMatching(/^413 /) });
});

test('The gateway blames no record for a lane that the cloud does not know, or for what was spoiled on the way', async () => {
  const lane = await answerTo(batch({ lane: 'forecasts' }));
  expect(lane).toMatchObject({ kind: 'later', reason: expect.stringContaining('lane') });
  expect(await answerTo('{"lane": "readings", "rec')).toMatchObject({ kind: 'later' });
});

test('The gateway blames no record for a refusal that is not a problem of ours', () => {
  const problem = { title: 'A record of the batch is not valid', code: 'gateways.record-invalid' };
  const kindOf = (status: number, contentType: string | null, body: string) =>
    interpretAnswer({ status, retryAfter: null, date: null, contentType, body }).kind;
  const type = 'Application/Problem+JSON; charset=utf-8';
  expect(kindOf(422, type, JSON.stringify(problem))).toBe('invalid');
  for (const status of [400, 413, 422]) {
    expect(kindOf(status, 'text/html', '<html>Bad Request</html>')).toBe('later');
    expect(kindOf(status, null, '')).toBe('later');
    expect(kindOf(status, type, '{}')).toBe('later');
    expect(kindOf(status, type, JSON.stringify({ title: 'Blocked', code: 'waf.blocked' }))).toBe('later');
    expect(kindOf(status, 'application/json', JSON.stringify(problem))).toBe('later');
  }
});
