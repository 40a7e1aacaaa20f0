import {
  DownlinkReceipt,
  downlinkStreamHeader,
  UplinkAcknowledgement,
  UplinkBatch,
  uplinkBatchBytesMax,
} from '@andon/shared/contracts';
import { Type } from 'typebox';
import {
  type App,
  changeAndTell,
  expectedVersion,
  inTransaction,
  Page,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import type { Admission } from './admission.ts';
import { readBrokerPlace } from './broker-place.ts';
import { shownCertificate } from './certificates.ts';
import { takeReceipt } from './downlink-store.ts';
import type { DownlinkStreams } from './downlink-streams.ts';
import {
  describeGateway,
  editGateway,
  listGateways,
  requireGateway,
  sha256Of,
  toSummary,
} from './gateway-store.ts';
import { presentedKey } from './key-store.ts';
import { listGaps, listRejections, toGap, toRejection } from './losses.ts';
import type { Presence } from './presence.ts';
import {
  CountedRejection,
  GapsQuery,
  Gateway,
  GatewayById,
  GatewayEdit,
  GatewaySummary,
  GatewaysQuery,
  RecordedGap,
} from './schemas.ts';
import type { UplinkPost } from './uplink.ts';
import { checkBatch } from './uplink-batch.ts';
import { parseUplinkBody } from './uplink-body.ts';

const tags = ['gateways'];
const read = { permission: 'gateways:read' } as const;
const write = { permission: 'gateways:write' } as const;

const payloadOf = ({ id }: { readonly id: string }) => ({ gatewayId: id });

/** Reading and editing. */
export function gatewayRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/gateways',
    { config: read, schema: { tags, querystring: GatewaysQuery, response: { 200: Page(GatewaySummary) } } },
    async (request) => {
      const { limit = 50, cursor, ...filter } = request.query;
      const after = readCursor(cursor, ['text']);
      const rows = await listGateways(platform.database, {
        ...filter,
        limit,
        ...(after && { afterId: after[0] }),
      });
      return toPage(rows, limit, toSummary, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/gateways/:id',
    { config: read, schema: { tags, params: GatewayById, response: { 200: Gateway } } },
    async (request) => describeGateway(platform.database, request.params.id),
  );

  app.put(
    '/v1/gateways/:id',
    {
      config: write,
      schema: { tags, params: GatewayById, body: GatewayEdit, response: { 200: GatewaySummary } },
    },
    async (request) => {
      const telling = { type: 'gateway.changed', payloadOf };
      return changeAndTell(platform, request, telling, (transaction, now) =>
        editGateway(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          edit: request.body,
          now,
        }),
      );
    },
  );
}

/** What was lost or refused. */
export function lossRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/gateways/:id/gaps',
    {
      config: read,
      schema: { tags, params: GatewayById, querystring: GapsQuery, response: { 200: Page(RecordedGap) } },
    },
    async (request) => {
      const gatewayId = (await requireGateway(platform.database, request.params.id)).id;
      const { limit = 50, cursor, deviceId } = request.query;
      const before = readCursor(cursor, ['number']);
      const filter = { gatewayId, deviceId, limit, ...(before && { beforeId: before[0] }) };
      return toPage(await listGaps(platform.database, filter), limit, toGap, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/gateways/:id/rejections',
    {
      config: read,
      schema: {
        tags,
        params: GatewayById,
        querystring: GapsQuery,
        response: { 200: Page(CountedRejection) },
      },
    },
    async (request) => {
      const gatewayId = (await requireGateway(platform.database, request.params.id)).id;
      const { limit = 50, cursor, deviceId } = request.query;
      const before = readCursor(cursor, ['number']);
      const filter = { gatewayId, deviceId, limit, ...(before && { beforeId: before[0] }) };
      return toPage(await listRejections(platform.database, filter), limit, toRejection, (row) => [row.id]);
    },
  );
}

/** The gateway's own doors. */
export function gatewayDoors(
  app: App,
  platform: Platform,
  parts: {
    storeBatch: (post: UplinkPost, before: () => Promise<void>) => Promise<number>;
    streams: DownlinkStreams;
    presence: Presence;
    admission: Admission;
  },
): void {
  const connect = { permission: 'gateway:connect' } as const;
  app.addHook('preClose', async () => parts.streams.closeAll());

  app.register(async (doors: App) => {
    doors.removeContentTypeParser('application/json');
    doors.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (_request: unknown, body: Buffer) => body,
    );

    doors.post(
      '/v1/gateway/uplink',
      {
        config: { ...connect, acceptsGzip: true, requestLimit: false },
        bodyLimit: uplinkBatchBytesMax,
        onRequest: async (request, reply) => parts.admission.admit(principalOf(request).id, reply),
        // Checked below, record by record, so that the answer names the record that is wrong.
        validatorCompiler: () => () => true,
        schema: { tags, body: UplinkBatch, response: { 200: UplinkAcknowledgement } },
      },
      async (request) => {
        const gatewayId = principalOf(request).id;
        const body: unknown = request.body;
        const batch = checkBatch(Buffer.isBuffer(body) ? parseUplinkBody(body) : body);
        const heard = () => parts.presence.heard(gatewayId);
        return { acked: await parts.storeBatch({ gatewayId, batch }, heard) };
      },
    );
  });

  app.get('/v1/gateway/downlink', { config: connect, schema: { tags } }, async (request, reply) => {
    const lastEventId = request.headers['last-event-id'];
    await parts.streams.open(
      {
        gatewayId: principalOf(request).id,
        keySha256: sha256Of(presentedKey(request.headers) ?? ''),
        shown: shownCertificate(request.raw),
      },
      Array.isArray(lastEventId) ? lastEventId[0] : lastEventId,
      readBrokerPlace(request.headers, request.ip),
      (streamId) => {
        reply.hijack();
        reply.raw.writeHead(200, {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
          [downlinkStreamHeader]: streamId,
        });
        return reply.raw;
      },
    );
  });

  app.post(
    '/v1/gateway/downlink-receipt',
    { config: connect, schema: { tags, body: DownlinkReceipt, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const gatewayId = principalOf(request).id;
      parts.presence.proven(gatewayId);
      await inTransaction(platform.database, (transaction) =>
        takeReceipt(transaction, gatewayId, request.body),
      );
      return reply.status(204).send(null);
    },
  );
}
