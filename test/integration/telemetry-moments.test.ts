import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type EdgeGateway, enrolGateway, registerDevice } from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let gateway: EdgeGateway;

beforeAll(async () => {
  cloud = await createTestApp();
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
});
afterAll(() => cloud.close());

describe('what happened to a device', () => {
  test('is listed at the time at which it happened, newest first, for the pins on its charts [I7]', async () => {
    const deviceId = 'press-1';
    const [alertId, commandId, caseId, otherCaseId, workOrderId] = Array.from({ length: 5 }, () =>
      randomUUID(),
    );
    const raisedAt = new Date(cloud.clock.now() - 600_000).toISOString();
    const happened: [string, string | undefined, Record<string, unknown>][] = [
      [
        'alert.raised',
        alertId,
        {
          deviceId,
          alertId,
          rule: 'overheating',
          signal: 'temperature',
          severity: 'MAJOR',
          raisedAt,
          state: 'HI',
        },
      ],
      ['command.state-changed', commandId, { deviceId, commandId, name: 'reboot', to: 'QUEUED' }],
      ['command.state-changed', commandId, { deviceId, commandId, name: 'reboot', to: 'DELIVERED' }],
      ['command.state-changed', commandId, { deviceId, commandId, name: 'reboot', to: 'FAILED' }],
      ['device.rebooted', deviceId, { deviceId, bootIdBefore: 'x', bootIdAfter: 'y' }],
      ['case.created', caseId, { deviceId, caseId, number: 'CAS-000001' }],
      ['case.created', otherCaseId, { deviceId: null, caseId: otherCaseId, number: 'CAS-000002' }],
      ['work-order.created', workOrderId, { deviceId, workOrderId, number: 'WO-000001' }],
      [
        'case.status-changed',
        caseId,
        { deviceId, caseId, number: 'CAS-000001', from: 'active', to: 'resolved' },
      ],
    ];
    for (const [type, key = '', payload] of happened) {
      await cloud.emit({ type, key, payload });
    }
    const body = await eventually('all of it to be pinned', async () => {
      const answer = await cloud.administrator.get('/v1/devices/press-1/moments');
      return answer.body.items.length >= 7 && answer.body;
    });
    expect(body.items).toMatchObject([
      { kind: 'case.status-changed', recordId: caseId, state: 'resolved', title: 'CAS-000001' },
      { kind: 'work-order.created', recordId: workOrderId, title: 'WO-000001' },
      { kind: 'case.created', recordId: caseId },
      { kind: 'device.rebooted' },
      { kind: 'command.state-changed', recordId: commandId, state: 'FAILED', title: 'reboot' },
      { kind: 'command.state-changed', recordId: commandId, state: 'QUEUED' },
      { kind: 'alert.raised', recordId: alertId, severity: 'MAJOR', signal: 'temperature', at: raisedAt },
    ]);
    const kinds: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await cloud.administrator.get(
        `/v1/devices/press-1/moments?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      kinds.push(...page.body.items.map((item: { kind: string }) => item.kind));
      cursor = page.body.nextCursor;
    }
    expect(kinds).toEqual(body.items.map((item: { kind: string }) => item.kind));
  });

  test('is told as far as whoever asks may see alerts, commands, cases and work orders', async () => {
    const issued = await cloud.administrator.post('/v1/api-keys', {
      name: 'charts alone',
      scopes: ['telemetry:read', 'commands:read'],
    });
    expect(issued.status).toBe(201);
    const { body } = await cloud.clientWithKey(issued.body.key).get('/v1/devices/press-1/moments');
    expect([...new Set(body.items.map((item: { kind: string }) => item.kind))]).toEqual([
      'command.state-changed',
    ]);
  });

  test('of no device is refused', async () => {
    expect((await cloud.administrator.get('/v1/devices/none/moments')).status).toBe(404);
  });
});
