import {
  type App,
  expectedVersion,
  inTransaction,
  Page,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { describeDefinition, devicesBehind } from './definition-reports.ts';
import type { Dependencies } from './dependencies.ts';
import { describeDevice } from './details.ts';
import { listDevices, requireDevice, toDevice } from './device-store.ts';
import { editDevice, setDesired } from './editing.ts';
import { listRegistrationHistory, toRegistrationStep } from './history-store.ts';
import { register, rotateCredentials, setActive, unregister } from './registration.ts';
import {
  AssetById,
  DefinitionOnTrial,
  DesiredInput,
  Device,
  DeviceById,
  DeviceEdit,
  DevicesBehind,
  DevicesQuery,
  DeviceWithCategory,
  HistoryQuery,
  IssuedCredentials,
  RegisteredDevice,
  Registration,
  RegistrationStep,
} from './schemas.ts';

const tags = ['devices'];
const read = { permission: 'devices:read' } as const;
const write = { permission: 'devices:write' } as const;

export function deviceRoutes(app: App, dependencies: Dependencies): void {
  const { database } = dependencies.platform;

  app.get(
    '/v1/devices',
    { config: read, schema: { tags, querystring: DevicesQuery, response: { 200: Page(Device) } } },
    async (request) => {
      const { limit = 50, cursor, ...filter } = request.query;
      const after = readCursor(cursor, ['text']);
      const rows = await listDevices(database, { ...filter, limit, ...(after && { afterId: after[0] }) });
      return toPage(rows, limit, toDevice, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/devices/:id',
    { config: read, schema: { tags, params: DeviceById, response: { 200: DeviceWithCategory } } },
    async (request) => describeDevice(database, request.params.id),
  );

  app.get(
    '/v1/devices/:id/definition',
    { config: read, schema: { tags, params: DeviceById, response: { 200: DefinitionOnTrial } } },
    async (request) => describeDefinition(database, request.params.id),
  );

  app.get(
    '/v1/gateways/:id/devices-behind',
    { config: read, schema: { tags, params: DeviceById, response: { 200: DevicesBehind } } },
    async (request) => devicesBehind(database, request.params.id),
  );

  app.put(
    '/v1/devices/:id',
    {
      config: write,
      schema: { tags, params: DeviceById, body: DeviceEdit, response: { 200: DeviceWithCategory } },
    },
    async (request) =>
      inTransaction(database, async (transaction) => {
        const deviceId = request.params.id;
        await editDevice(dependencies, transaction, {
          deviceId,
          expectedVersion: expectedVersion(request),
          edit: request.body,
          actor: principalOf(request).actor,
        });
        return describeDevice(transaction, deviceId);
      }),
  );
}

/** What devices are to be set to. */
export function propertyRoutes(app: App, dependencies: Dependencies): void {
  app.put(
    '/v1/devices/:id/properties/desired',
    {
      config: write,
      schema: { tags, params: DeviceById, body: DesiredInput, response: { 200: DeviceWithCategory } },
    },
    async (request) =>
      inTransaction(dependencies.platform.database, async (transaction) => {
        const deviceId = request.params.id;
        await setDesired(dependencies, transaction, {
          deviceId,
          expectedVersion: expectedVersion(request),
          properties: request.body.properties,
          actor: principalOf(request).actor,
        });
        return describeDevice(transaction, deviceId);
      }),
  );
}

export function registrationRoutes(app: App, dependencies: Dependencies): void {
  const { database } = dependencies.platform;

  app.post(
    '/v1/assets/:id/register',
    {
      config: write,
      schema: { tags, params: AssetById, body: Registration, response: { 201: RegisteredDevice } },
    },
    async (request, reply) => {
      const registered = await inTransaction(database, async (transaction) => {
        const { actor } = principalOf(request);
        const mqtt = await register(dependencies, transaction, {
          assetId: request.params.id,
          registration: request.body,
          actor,
        });
        return { device: await describeDevice(transaction, mqtt.username), mqtt };
      });
      return reply.status(201).send(registered);
    },
  );

  app.post(
    '/v1/devices/:id/unregister',
    { config: write, schema: { tags, params: DeviceById, response: { 200: DeviceWithCategory } } },
    async (request) =>
      inTransaction(database, async (transaction) => {
        const deviceId = request.params.id;
        await unregister(dependencies, transaction, { deviceId, actor: principalOf(request).actor });
        return describeDevice(transaction, deviceId);
      }),
  );

  for (const active of [true, false]) {
    app.post(
      `/v1/devices/:id/${active ? 'activate' : 'deactivate'}`,
      { config: write, schema: { tags, params: DeviceById, response: { 200: DeviceWithCategory } } },
      async (request) =>
        inTransaction(database, async (transaction) => {
          const deviceId = request.params.id;
          await setActive(dependencies, transaction, {
            deviceId,
            active,
            actor: principalOf(request).actor,
          });
          return describeDevice(transaction, deviceId);
        }),
    );
  }

  app.post(
    '/v1/devices/:id/credentials',
    { config: write, schema: { tags, params: DeviceById, response: { 201: IssuedCredentials } } },
    async (request, reply) => {
      const credentials = await inTransaction(database, (transaction) =>
        rotateCredentials(dependencies, transaction, request.params.id, principalOf(request).actor),
      );
      return reply.status(201).send(credentials);
    },
  );
}

/** Who registered, unregistered, activated or deactivated it, when, and what became of it. */
export function historyRoutes(app: App, { platform: { database } }: Dependencies): void {
  app.get(
    '/v1/devices/:id/registration-history',
    {
      config: read,
      schema: {
        tags,
        params: DeviceById,
        querystring: HistoryQuery,
        response: { 200: Page(RegistrationStep) },
      },
    },
    async (request) => {
      const deviceId = (await requireDevice(database, request.params.id)).id;
      const { limit = 50, cursor } = request.query;
      const after = readCursor(cursor, ['number']);
      const filter = { deviceId, limit, ...(after && { afterId: after[0] }) };
      const rows = await listRegistrationHistory(database, filter);
      return toPage(rows, limit, toRegistrationStep, (row) => [row.id]);
    },
  );
}
