import { randomUUID } from 'node:crypto';
import {
  type DownlinkMessage,
  downlinkStreamHeader,
  type Lane,
  type Reading,
  type UplinkRecord,
} from '@andon/shared/contracts';
import type { TestAnswer, TestApp, TestClient } from './app.ts';

/** A gateway as the cloud meets it: it speaks the real uplink and downlink, and decides nothing itself. */
export interface EdgeGateway {
  readonly id: string;
  readonly key: string;
  readonly client: TestClient;
  /** Posts the next records of a lane. */
  send(lane: Lane, records: readonly UplinkRecord[]): Promise<TestAnswer>;
  /** Posts exactly this. */
  post(batch: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Opens the downlink. */
  listen(lastEventId?: number): Promise<Downlink>;
}

export interface Downlink {
  readonly status: number;
  /** What the cloud calls the stream. */
  readonly stream: string | null;
  /** What arrived, in its order; it grows. */
  readonly messages: { id: number; message: DownlinkMessage }[];
  /** The server has ended the stream. */
  readonly ended: () => boolean;
  close(): void;
}

/** Enrols a gateway through the API. */
export async function enrolGateway(cloud: TestApp, id: string): Promise<EdgeGateway> {
  const enrolled = await cloud.administrator.post('/v1/gateways', { id, name: `Gateway ${id}` });
  if (enrolled.status !== 201) {
    throw new Error(`enrolling ${id} was answered ${enrolled.status}: ${enrolled.text}`);
  }
  return edgeGateway(cloud, id, enrolled.body.key);
}

export function edgeGateway(cloud: TestApp, id: string, key: string): EdgeGateway {
  const client = cloud.clientWithKey(key);
  const epoch = randomUUID();
  const next: Record<Lane, number> = { alerts: 1, readings: 1, history: 1 };
  const post = (batch: unknown, headers?: Record<string, string>) =>
    client.post('/v1/gateway/uplink', batch, headers);
  return {
    id,
    key,
    client,
    post,
    async send(lane, records) {
      const answer = await post({ lane, epoch, firstSeq: next[lane], records });
      if (answer.status === 200) {
        next[lane] += records.length;
      }
      return answer;
    },
    listen: (lastEventId) => openDownlink(cloud.url, key, lastEventId),
  };
}

export async function openDownlink(url: string, key: string, lastEventId?: number): Promise<Downlink> {
  const abort = new AbortController();
  const response = await fetch(`${url}/v1/gateway/downlink`, {
    signal: abort.signal,
    headers: {
      authorization: `Bearer ${key}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
    },
  });
  const messages: Downlink['messages'] = [];
  let ended = false;
  readEvents(response, messages).then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  const stream = response.headers.get(downlinkStreamHeader);
  return { status: response.status, stream, messages, ended: () => ended, close: () => abort.abort() };
}

async function readEvents(response: Response, messages: Downlink['messages']): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const id = /^id: (\d+)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (id !== undefined && data !== undefined) {
        messages.push({ id: Number(id), message: JSON.parse(data) });
      }
    }
  }
}

/** A good reading; what a test is about it says. */
export function readingOf(reading: Partial<Reading> & { deviceId: string }): Reading {
  return {
    type: 'reading',
    signal: 'temperature',
    value: 21.5,
    unit: 'Cel',
    quality: 'GOOD',
    sourceTime: Date.parse('2026-03-02T08:00:00.000Z'),
    gatewayTime: Date.parse('2026-03-02T08:00:00.100Z'),
    clockState: 'SYNCHRONIZED',
    historical: false,
    ...reading,
  };
}

/** An account, an asset and a category: what a device needs before it can be registered. */
export async function createDeviceGround(
  cloud: TestApp,
  names: { categoryId?: string; accountName?: string } = {},
): Promise<{ accountId: string; assetId: string; categoryId: string }> {
  const { administrator } = cloud;
  const categoryId = names.categoryId ?? 'press';
  const account = await administrator.post('/v1/accounts', { name: names.accountName ?? 'Prensas Ibéricas' });
  const asset = await administrator.post('/v1/assets', { accountId: account.body.id, name: 'Press one' });
  await administrator.post('/v1/device-categories', {
    id: categoryId,
    name: 'Presses',
    signals: [{ name: 'temperature', unit: 'Cel', type: 'number' }],
    rules: [
      {
        name: 'overheating',
        signal: 'temperature',
        limits: { hi: { setpoint: 80, deadband: 2, severity: 'MAJOR', errorCode: 12 } },
      },
    ],
    commands: [{ name: 'reboot', title: 'Reboot', destructive: true, idempotency: 'once', parameters: [] }],
  });
  return { accountId: account.body.id, assetId: asset.body.id, categoryId };
}

/** A registered device of a gateway, with everything that it needs. */
export async function registerDevice(
  cloud: TestApp,
  gateway: Pick<EdgeGateway, 'id'>,
  deviceId: string,
): Promise<{ accountId: string; assetId: string; categoryId: string; password: string }> {
  const ground = await createDeviceGround(cloud);
  const registered = await cloud.administrator.post(`/v1/assets/${ground.assetId}/register`, {
    deviceId,
    categoryId: ground.categoryId,
    gatewayId: gateway.id,
  });
  if (registered.status !== 201) {
    throw new Error(`registering ${deviceId} was answered ${registered.status}: ${registered.text}`);
  }
  return { ...ground, password: registered.body.mqtt.password };
}
