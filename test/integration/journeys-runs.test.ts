import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { causalDepthMax } from '../../cloud/journeys/index.ts';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let plant: Plant;
beforeAll(async () => {
  cloud = await createTestApp();
  // Its faults are being remedied for as long as these tests take, so that no case comes in between.
  const category = {
    ...pressCategory,
    id: 'remedied-press',
    escalationPolicy: {
      errorCodeAbove: 10,
      remedy: { command: 'reboot', times: 1, expiresInSeconds: 3600 },
      verify: { clearForSeconds: 5, withinSeconds: 30 },
      onUnremedied: 'case',
    },
  };
  plant = await createPlant(cloud, { name: 'norte', language: 'pt', category });
});
afterAll(() => cloud.close());

// biome-ignore lint/suspicious/noExplicitAny: as TestAnswer.body.
type Json = any;

async function journeyNamed(name: string): Promise<Json> {
  const { body } = await cloud.administrator.get('/v1/journeys');
  return body.items.find((journey: Json) => journey.name === name);
}
const eventsOf = async (trigger: string): Promise<Json[]> =>
  (await cloud.administrator.get(`/v1/triggers/${trigger}/events?limit=200`)).body.items;
const runsOf = async (journeyId: string): Promise<Json[]> =>
  (await cloud.administrator.get(`/v1/journeys/${journeyId}/runs?limit=200`)).body.items;
const countsOf = async (journeyId: string): Promise<Json> =>
  (await cloud.administrator.get(`/v1/journeys/${journeyId}`)).body.counts;

async function raiseAlert(errorCode: number, at = plant): Promise<string> {
  const alertId = randomUUID();
  await at.gateway.send(
    alertTransition({
      alertId,
      deviceId: at.deviceId,
      rule: `rule-${alertId.slice(0, 8)}`,
      errorCode,
      sourceTime: cloud.clock.now(),
      gatewayTime: cloud.clock.now(),
    }),
  );
  return alertId;
}

async function makeTrigger(name: string, status = 'ready'): Promise<void> {
  const attributes = [
    { name: 'key', type: 'text', required: true },
    { name: 'level', type: 'number', required: false },
  ];
  const answer = await cloud.administrator.post('/v1/triggers', { name, title: name, status, attributes });
  expect(answer.status).toBe(201);
}
const raise = async (name: string, attributes: object, more: object = {}): Promise<string> => {
  const answer = await cloud.administrator.post(`/v1/triggers/${name}/events`, { attributes, ...more });
  expect(answer.status).toBe(202);
  return answer.body.id;
};
async function makeJourney(name: string, definition: object): Promise<Json> {
  const answer = await cloud.administrator.post('/v1/journeys', { name, definition });
  expect(answer.text).toContain('"draft"');
  return answer.body;
}
async function publish(name: string, definition: object): Promise<string> {
  const { id } = await makeJourney(name, definition);
  expect((await cloud.administrator.post(`/v1/journeys/${id}/publish`)).body.status).toBe('live');
  return id;
}

describe('the journey from a device error to a text message', () => {
  it('begins with an error code of 11; 10 and 9 do not begin it and are counted [J5]', async () => {
    const journey = await journeyNamed('Device error to case and text message');
    expect(journey).toMatchObject({ status: 'live', builtIn: true });
    await raiseAlert(9);
    await raiseAlert(10);
    const alertId = await raiseAlert(11);
    await cloud.settle();
    expect(await countsOf(journey.id)).toMatchObject({
      entered: 1,
      conditionNotMet: 2,
      inProgress: 1,
      done: 0,
      exited: 0,
      steps: [
        { stepId: 'ask-for-case', entered: 1, inside: 0, outcomes: { raised: 1 } },
        { stepId: 'case', entered: 1, inside: 1, outcomes: {} },
      ],
    });
    const [run] = await runsOf(journey.id);
    expect(run).toMatchObject({ status: 'in-progress', at: 'case', contactId: plant.contactId });

    const [raised] = (await eventsOf('case-creation')).filter(
      (event) => event.attributes.alertId === alertId,
    );
    expect(raised.runId).toBe(run.id);
  });

  it('raises the trigger of a case once, caused by the run, with mapped values and a constant [J7] [J8]', async () => {
    const alertId = await raiseAlert(12);
    await cloud.settle();
    const source = (await eventsOf('device-error')).find((event) => event.attributes.alertId === alertId);
    const journey = await journeyNamed('Device error to case and text message');
    const run = (await runsOf(journey.id)).find((one) => one.triggerEventId === source.id);
    const raised = (await eventsOf('case-creation')).filter((event) => event.runId === run.id);
    expect(raised).toHaveLength(1);
    expect(raised[0]).toMatchObject({
      stepId: 'ask-for-case',
      actor: 'system:journeys',
      attributes: { deviceId: plant.deviceId, errorCode: 12, alertId, priority: 'critical' },
    });
    expect(source.attributes).toMatchObject({ deviceId: plant.deviceId, errorCode: 12 });
  });

  it('raises exactly one trigger for each alert, however often its event is delivered [J2]', async () => {
    const before = (await eventsOf('device-error')).length;
    const alertIds = [];
    for (const errorCode of [3, 20, 30, 40, 50]) {
      alertIds.push(await raiseAlert(errorCode));
    }
    await cloud.settle();
    // As after a restored database: every event is delivered again.
    await sql`update event_cursors set position = 0
      where subscriber in ('journeys.business-triggers', 'journeys.runs')`.execute(cloud.database);
    await cloud.settle();
    const events = await eventsOf('device-error');
    expect(events).toHaveLength(before + 5);
    for (const alertId of alertIds) {
      expect(events.filter((event) => event.attributes.alertId === alertId)).toHaveLength(1);
    }
    const journey = await journeyNamed('Device error to case and text message');
    const counts = await countsOf(journey.id);
    expect(counts.entered + counts.conditionNotMet).toBe(events.length);
    expect((await eventsOf('case-creation')).length).toBe(counts.entered);
  });

  it('texts the customer a link that shows the case to its holder, without sign-in [J10]', async () => {
    // Nothing remedies the faults of this one, so that the case opens at once.
    const other = await createPlant(cloud, { name: 'sul', language: 'pt' });
    const alertId = await raiseAlert(77, other);
    const { id, number, publicUrl } = await eventually('the case', async () => {
      const { body } = await cloud.administrator.get(`/v1/cases?accountId=${other.accountId}`);
      return body.items[0] && (await cloud.administrator.get(`/v1/cases/${body.items[0].id}`)).body;
    });
    const text = await eventually('the text at the SMS centre', async () => {
      const { body } = await cloud.administrator.get('/v1/received-messages?channel=sms');
      return body.items.find((item: Json) => item.text.includes(number));
    });
    expect(text).toMatchObject({ to: '+5511987654321', text: expect.stringContaining('Acompanhe') });
    const link = /https?:\/\/\S+/.exec(text.text)?.[0] ?? '';
    expect(link).toBe(publicUrl);
    const page = await cloud.anonymous.get(new URL(link).pathname);
    expect(page.status).toBe(200);
    expect(page.text).toContain(number);
    const { body } = await cloud.administrator.get(`/v1/messages?caseId=${id}&channel=sms`);
    expect(body.items).toHaveLength(1);
    const [opened] = (await eventsOf('case-opened')).filter((event) => event.attributes.caseId === id);
    expect(opened.attributes).toMatchObject({ alertId, link: publicUrl, priority: 'critical' });
    const run = await eventually('the run to be done', async () => {
      const { body: runs } = await cloud.administrator.get(
        `/v1/journeys/${body.items[0].journeyId}/runs?status=done`,
      );
      return runs.items.find((one: Json) => one.id === body.items[0].runId);
    });
    expect(run.steps.map((step: Json) => [step.stepId, step.outcome])).toEqual([
      ['ask-for-case', 'raised'],
      ['case', 'came'],
      ['text-link', 'queued'],
    ]);
  });

  it('ends when the device was remedied, and tells nobody', async () => {
    const alertId = randomUUID();
    const triggerEventId = await raise('device-error', { alertId, deviceId: plant.deviceId, errorCode: 88 });
    await cloud.settle();
    await cloud.emit({
      type: 'escalation.remedied',
      key: randomUUID(),
      payload: { escalationId: randomUUID(), alertId, deviceId: plant.deviceId, reason: 'cleared' },
    });
    await cloud.settle();
    const journey = await journeyNamed('Device error to case and text message');
    const run = (await runsOf(journey.id)).find((one) => one.triggerEventId === triggerEventId);
    expect(run).toMatchObject({
      status: 'exited',
      reason: 'the device was remedied without a case',
      at: null,
    });
    const { body } = await cloud.administrator.get(`/v1/messages?runId=${run.id}`);
    expect(body.items).toEqual([]);
  });

  it('is done without a case after a day', async () => {
    const triggerEventId = await raise('device-error', {
      alertId: randomUUID(),
      deviceId: plant.deviceId,
      errorCode: 99,
    });
    await cloud.settle();
    cloud.clock.advance(86_400_000);
    cloud.wake();
    const journey = await journeyNamed('Device error to case and text message');
    const run = await eventually('the run to time out', async () =>
      (await runsOf(journey.id)).find(
        (one) => one.triggerEventId === triggerEventId && one.status === 'done',
      ),
    );
    expect(run.reason).toBe('no case needed');
    const counts = await countsOf(journey.id);
    expect(counts.entered).toBe(counts.inProgress + counts.done + counts.exited);
  });
});

describe('the journey from a solved case to an email', () => {
  it('sends nothing while the case is in progress, and one email when it is resolved, in the language of the contact [J15]', async () => {
    const made = await cloud.administrator.post('/v1/cases', {
      title: 'Prensa parada',
      accountId: plant.accountId,
      contactId: plant.contactId,
    });
    const { id, number, publicUrl } = made.body;
    const emails = async (): Promise<Json[]> => {
      const { body } = await cloud.administrator.get('/v1/received-messages?channel=email');
      return body.items.filter((item: Json) => item.text.includes(number));
    };
    await cloud.administrator.post(`/v1/cases/${id}/notes`, { text: 'Looking at it' });
    await cloud.settle();
    expect((await cloud.administrator.get(`/v1/messages?caseId=${id}`)).body.items).toEqual([]);

    const resolved = await cloud.administrator.post(`/v1/cases/${id}/resolve`, {
      resolution: 'Bomba <trocada>',
    });
    expect(resolved.status).toBe(200);
    const [email] = await eventually('the email', async () => {
      const found = await emails();
      return found.length > 0 && found;
    });
    expect(email).toMatchObject({
      to: 'ana@norte.test',
      subject: `Resolvido: Prensa parada (${number})`,
      text: expect.stringContaining('foi resolvido'),
      html: expect.stringContaining('Bomba &lt;trocada&gt;'),
    });
    expect(email.text).toContain(publicUrl);
    await sql`update event_cursors set position = 0
      where subscriber in ('journeys.business-triggers', 'journeys.runs')`.execute(cloud.database);
    await cloud.settle();
    expect(await emails()).toHaveLength(1);
    const { body } = await cloud.administrator.get(`/v1/messages?caseId=${id}`);
    expect(body.items).toMatchObject([{ channel: 'email', language: 'pt', state: 'sent', caseId: id }]);
  });
});

describe('journeys of people', () => {
  const text = (id: string, more: object = {}) => ({
    id,
    type: 'send-message',
    channel: 'sms',
    template: 'case-opened',
    purpose: 'transactional',
    values: { number: { from: 'trigger.key' }, link: { constant: 'https://a.example' } },
    ...more,
  });

  it('cannot go live on a draft trigger; before it is published nothing runs, and after it does [J6]', async () => {
    await makeTrigger('soon', 'draft');
    const journey = await makeJourney('On a draft', {
      trigger: 'soon',
      steps: [{ id: 'pause', type: 'wait', seconds: 60 }],
    });
    const early = await cloud.administrator.post(`/v1/journeys/${journey.id}/publish`);
    expect(early.status).toBe(409);
    expect(early.body.errors[0].field).toBe('definition.trigger');
    await cloud.administrator.post('/v1/triggers/soon/ready');
    await raise('soon', { key: 'too early' });
    await cloud.settle();
    expect(await runsOf(journey.id)).toEqual([]);
    expect((await cloud.administrator.post(`/v1/journeys/${journey.id}/publish`)).status).toBe(200);
    await raise('soon', { key: 'now' });
    await cloud.settle();
    expect(await runsOf(journey.id)).toHaveLength(1);
  });

  it('starts two journeys with one raise [J16]', async () => {
    await makeTrigger('both');
    const definition = { trigger: 'both', steps: [{ id: 'pause', type: 'wait', seconds: 60 }] };
    const ids = [await publish('First of both', definition), await publish('Second of both', definition)];
    await raise('both', { key: 'x' });
    await cloud.settle();
    for (const id of ids) {
      expect(await countsOf(id)).toMatchObject({ entered: 1, inProgress: 1 });
    }
  });

  it('branches, waits, waits for a trigger with a time-out, and counts each step [J17]', async () => {
    await makeTrigger('go');
    await makeTrigger('answer');
    const id = await publish('All kinds of steps', {
      trigger: 'go',
      steps: [
        {
          id: 'how-bad',
          type: 'branch',
          condition: { attribute: 'level', operator: '>=', value: 5 },
          whenMet: [{ id: 'pause', type: 'wait', seconds: 600 }],
          whenNot: [],
        },
        {
          id: 'answer',
          type: 'wait-for-trigger',
          trigger: 'answer',
          correlation: [{ attribute: 'key', equals: { from: 'trigger.key' } }],
          timeoutSeconds: 3600,
          onTimeout: 'continue',
        },
        text('tell'),
      ],
    });
    await raise('go', { key: 'low', level: 1 });
    await raise('go', { key: 'high', level: 5 });
    await raise('go', { key: 'silent' });
    await cloud.settle();
    // The answer for the one that still pauses comes too early for its step, and is found by it later.
    await raise('answer', { key: 'high', level: 1 });
    await raise('answer', { key: 'low', level: 2 });
    await cloud.settle();
    expect(await countsOf(id)).toMatchObject({ entered: 3, inProgress: 2, done: 1 });
    cloud.clock.advance(600_000);
    cloud.wake();
    await eventually('the pause to end', async () => (await countsOf(id)).done === 2);
    cloud.clock.advance(3_600_000);
    cloud.wake();
    await eventually('the time-out', async () => (await countsOf(id)).done === 3);
    const counts = await countsOf(id);
    expect(
      Object.fromEntries(counts.steps.map((step: Json) => [step.stepId, [step.entered, step.outcomes]])),
    ).toEqual({
      'how-bad': [3, { met: 1, 'not met': 2 }],
      pause: [1, { waited: 1 }],
      answer: [3, { came: 2, 'timed out': 1 }],
      tell: [3, { queued: 3 }],
    });
  });

  it('sends a test to the contact chosen, marked as a test, and moves nobody else [J3]', async () => {
    await makeTrigger('tested');
    const id = await publish('Tested', { trigger: 'tested', steps: [text('tell')] });
    const noContact = await cloud.administrator.post('/v1/triggers/tested/events', {
      attributes: { key: 'x' },
      test: true,
    });
    expect(noContact.status).toBe(422);
    await raise('tested', { key: 'TEST-1' }, { contactId: plant.contactId, test: true });
    await cloud.settle();
    const [run] = await runsOf(id);
    expect(run).toMatchObject({ test: true, contactId: plant.contactId, status: 'done' });
    expect(await countsOf(id)).toMatchObject({ entered: 0 });
    const message = await eventually('the test message', async () => {
      const { body } = await cloud.administrator.get(`/v1/messages?runId=${run.id}`);
      return body.items.find((item: Json) => item.state === 'delivered');
    });
    expect(message).toMatchObject({ test: true, to: '+5511987654321' });
  });

  it('keeps the version that a run began with, and refuses an edit on a stale version', async () => {
    await makeTrigger('versioned');
    const pause = { id: 'pause', type: 'wait', seconds: 60 };
    const id = await publish('Versioned', { trigger: 'versioned', steps: [pause, text('old')] });
    await raise('versioned', { key: 'one' }, { contactId: plant.contactId });
    await cloud.settle();
    const edit = (version: number) =>
      cloud.administrator.put(
        `/v1/journeys/${id}`,
        { name: 'Versioned', definition: { trigger: 'versioned', steps: [pause, text('new')] } },
        { 'if-match': String(version) },
      );
    const { version } = (await cloud.administrator.get(`/v1/journeys/${id}`)).body;
    expect((await edit(version)).body).toMatchObject({ latestVersion: 2, liveVersion: 1, status: 'live' });
    expect((await edit(version)).status).toBe(412);
    await cloud.administrator.post(`/v1/journeys/${id}/publish`);
    await raise('versioned', { key: 'two' }, { contactId: plant.contactId });
    await cloud.settle();
    cloud.clock.advance(60_000);
    cloud.wake();
    await eventually('both to be done', async () => (await countsOf(id)).done === 2);
    const runs = await runsOf(id);
    expect(runs.map((run) => [run.journeyVersion, run.steps.at(-1).stepId])).toEqual([
      [2, 'new'],
      [1, 'old'],
    ]);
  });

  it('ends what is in progress when it is stopped, and begins nothing more', async () => {
    await makeTrigger('stopped');
    const id = await publish('Stopped', {
      trigger: 'stopped',
      steps: [{ id: 'pause', type: 'wait', seconds: 60 }],
    });
    await raise('stopped', { key: 'one' });
    await cloud.settle();
    expect((await cloud.administrator.post(`/v1/journeys/${id}/stop`)).body.status).toBe('stopped');
    await raise('stopped', { key: 'two' });
    await cloud.settle();
    expect(await countsOf(id)).toMatchObject({ entered: 1, inProgress: 0, exited: 1 });
    expect((await cloud.administrator.post(`/v1/journeys/${id}/stop`)).status).toBe(409);
  });

  it('cuts a circle of journeys that raise each other, and records where', async () => {
    await makeTrigger('ping');
    await makeTrigger('pong');
    const relay = (trigger: string, next: string) => ({
      trigger,
      steps: [
        { id: 'relay', type: 'raise-trigger', trigger: next, attributes: { key: { from: 'trigger.key' } } },
      ],
    });
    await publish('Ping to pong', relay('ping', 'pong'));
    const id = await publish('Pong to ping', relay('pong', 'ping'));
    await raise('ping', { key: 'round and round' });
    await cloud.settle();
    const all = [...(await eventsOf('ping')), ...(await eventsOf('pong'))];
    expect(all.filter((event) => event.state === 'raised')).toHaveLength(causalDepthMax);
    const cut = all.filter((event) => event.state === 'refused');
    expect(cut).toHaveLength(1);
    expect(cut[0].reason).toMatch(/circle/);
    const [last] = await runsOf(id);
    expect(last).toMatchObject({ status: 'exited', steps: [{ stepId: 'relay', outcome: 'refused' }] });
  });

  it.each([
    ['definition.trigger', { trigger: 'never-heard-of', steps: [{ id: 'a', type: 'wait', seconds: 1 }] }],
    ['definition.steps.0.type', { trigger: 'device-error', steps: [{ id: 'a', type: 'explode' }] }],
    [
      'definition.entryCondition.value',
      {
        trigger: 'device-error',
        entryCondition: { attribute: 'errorCode', operator: '>', value: 'ten' },
        steps: [{ id: 'a', type: 'wait', seconds: 1 }],
      },
    ],
    [
      'definition.entryCondition.attribute',
      {
        trigger: 'device-error',
        entryCondition: { attribute: 'colour', operator: '=', value: 'red' },
        steps: [{ id: 'a', type: 'wait', seconds: 1 }],
      },
    ],
    [
      'definition.steps.0.attributes.errorCode',
      {
        trigger: 'device-error',
        steps: [
          {
            id: 'a',
            type: 'raise-trigger',
            trigger: 'case-creation',
            attributes: {
              errorCode: { from: 'trigger.severity' },
              deviceId: { from: 'trigger.deviceId' },
              alertId: { from: 'trigger.alertId' },
            },
          },
        ],
      },
    ],
    [
      'definition.steps.0.values.link',
      {
        trigger: 'device-error',
        steps: [text('a', { values: { number: { constant: 'x' } } })],
      },
    ],
    [
      'definition.steps.0.values.link',
      {
        trigger: 'case-opened',
        steps: [text('a', { values: { number: { constant: 'x' }, link: { from: 'steps.later.link' } } })],
      },
    ],
    [
      'definition.steps',
      {
        trigger: 'device-error',
        steps: [
          { id: 'a', type: 'wait', seconds: 1 },
          { id: 'a', type: 'wait', seconds: 1 },
        ],
      },
    ],
  ])('refuses a definition and names %s (%#)', async (field, definition) => {
    const answer = await cloud.administrator.post('/v1/journeys', { name: 'Wrong', definition });
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
  });
});
