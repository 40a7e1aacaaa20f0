import { randomUUID } from 'node:crypto';
import type { AlertsLaneRecord, ReadingsLaneRecord } from '@andon/shared/contracts';
import type { TestAnswer, TestApp, TestClient } from './app.ts';
import { eventually } from './wait.ts';

/** One customer with one press at one gateway, made through the doors of the cloud. */
export interface Plant {
  readonly accountId: string;
  readonly contactId: string;
  readonly assetId: string;
  readonly deviceId: string;
  readonly gateway: TestGateway;
}

/** A gateway that holds no stream, and posts what it is given. */
export interface TestGateway {
  readonly id: string;
  readonly client: TestClient;
  /** Posts the next records of a lane, and fails where they are not taken. */
  send(...records: AlertsLaneRecord[]): Promise<void>;
  sendReadings(...records: ReadingsLaneRecord[]): Promise<void>;
}

function created(answer: TestAnswer): TestAnswer {
  if (answer.status !== 201) {
    throw new Error(`expected 201, got ${answer.status}: ${answer.text}`);
  }
  return answer;
}

export async function createTestGateway(cloud: TestApp, id: string): Promise<TestGateway> {
  const enrolled = created(await cloud.administrator.post('/v1/gateways', { id, name: id }));
  const client = cloud.clientWithKey(enrolled.body.key);
  const epochs = { alerts: randomUUID(), readings: randomUUID() };
  const sent = { alerts: 0, readings: 0 };
  const post = async (lane: 'alerts' | 'readings', records: readonly unknown[]): Promise<void> => {
    const batch = { lane, epoch: epochs[lane], firstSeq: sent[lane] + 1, records };
    // As a gateway does: what could not be taken just now is sent again.
    const answer = await eventually('the batch to be answered', async () => {
      const told = await client.post('/v1/gateway/uplink', batch);
      return told.status === 503 ? undefined : told;
    });
    sent[lane] += records.length;
    if (answer.status !== 200 || answer.body.acked !== sent[lane]) {
      throw new Error(`the batch was answered ${answer.status}: ${answer.text}`);
    }
  };
  return {
    id,
    client,
    send: (...records) => post('alerts', records),
    sendReadings: (...records) => post('readings', records),
  };
}

export const pressCategory = {
  id: 'press',
  name: 'Press',
  signals: [{ name: 'temperature', unit: 'Cel' }],
  rules: [
    {
      name: 'overheating',
      signal: 'temperature',
      limits: { hi: { setpoint: 100, deadband: 2, severity: 'MAJOR', errorCode: 42 } },
    },
  ],
  commands: [
    { name: 'reboot', title: 'Reboot', destructive: true, idempotency: 'once', parameters: [] },
    {
      name: 'set-speed',
      title: 'Set the speed',
      destructive: false,
      idempotency: 'idempotent',
      parameters: [{ name: 'speed', type: 'integer', required: true, minimum: 0, maximum: 3000 }],
    },
  ],
};

/** `name` keeps several plants of one test apart: the device is `<name>-press`, the gateway `<name>-line`. */
export async function createPlant(
  cloud: TestApp,
  options: {
    name?: string;
    language?: string;
    category?: Record<string, unknown> & { id: string };
    gateway?: TestGateway;
  } = {},
): Promise<Plant> {
  const { administrator } = cloud;
  const name = options.name ?? 'plant';
  const category = options.category ?? pressCategory;
  const known = await administrator.get(`/v1/device-categories/${category.id}`);
  if (known.status === 404) {
    created(await administrator.post('/v1/device-categories', category));
  }
  const account = created(await administrator.post('/v1/accounts', { name: `${name} Ltd` })).body;
  const contact = created(
    await administrator.post('/v1/contacts', {
      accountId: account.id,
      fullName: 'Ana Souza',
      email: `ana@${name}.test`,
      phone: '+5511987654321',
      language: options.language ?? 'en',
      primary: true,
    }),
  ).body;
  const asset = created(
    await administrator.post('/v1/assets', {
      accountId: account.id,
      name: `Press of ${name}`,
      product: 'HP-200',
      serialNumber: `SN-${name}`,
      categoryId: category.id,
    }),
  ).body;
  const gateway = options.gateway ?? (await createTestGateway(cloud, `${name}-line`));
  const deviceId = `${name}-press`;
  created(
    await administrator.post(`/v1/assets/${asset.id}/register`, {
      deviceId,
      name: `Press of ${name}`,
      categoryId: category.id,
      gatewayId: gateway.id,
    }),
  );
  return { accountId: account.id, contactId: contact.id, assetId: asset.id, deviceId, gateway };
}
