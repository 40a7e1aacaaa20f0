import { randomSecret } from '@andon/shared/kernel';
import { Type } from 'typebox';
import {
  type App,
  appendEvent,
  changeAndTell,
  inTransaction,
  Page,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { shownCertificate } from './certificates.ts';
import { insertGateway, requireGateway, sha256Of } from './gateway-store.ts';
import {
  keyPrefix,
  listPending,
  replaceKey,
  revokeKeys,
  useEnrolmentCode,
  writeEnrolmentCode,
} from './key-store.ts';
import {
  EnrolledGateway,
  EnrolmentInput,
  EnrolmentOutcome,
  GatewayById,
  GatewayIdentity,
  GatewayInput,
  IssuedCode,
  IssuedCodeInput,
  IssuedKey,
  KeyQuery,
  PendingMessage,
  PendingQuery,
} from './schemas.ts';
import { newTypedCode, sha256OfTypedCode } from './typed-code.ts';

const tags = ['gateways'];
const write = { permission: 'gateways:write' } as const;
const codeSecondsDefault = 86_400;
/** How long the former key stays good where the gateway does not take up the new one sooner. */
const formerKeySecondsDefault = 86_400;
/** Tries with codes, from one address: a code has 80 bits, and nobody mistypes for long. */
const enrolmentsRateLimit = { max: 20, timeWindow: 60_000 };

const payloadOf = ({ id }: { readonly id: string }) => ({ gatewayId: id });
const newKey = (platform: Platform) => `${keyPrefix}${randomSecret(platform.random)}`;

function newCode(platform: Platform, now: Date, seconds: number) {
  const code = newTypedCode(platform.random);
  return { code, sha256: sha256OfTypedCode(code), expiresAt: new Date(now.getTime() + seconds * 1000) };
}

/** A gateway comes into the registry: with a key that is carried to it, or with a code that is typed there. */
export function newGatewayRoute(app: App, platform: Platform): void {
  app.post(
    '/v1/gateways',
    { config: write, schema: { tags, body: GatewayInput, response: { 201: EnrolledGateway } } },
    async (request, reply) => {
      const { credential = 'key', ...input } = request.body;
      const key = credential === 'key' ? newKey(platform) : undefined;
      const telling = { type: 'gateway.created', payloadOf };
      const made = await changeAndTell(platform, request, telling, async (transaction, now) => {
        const keySha256 = key === undefined ? null : sha256Of(key);
        const gateway = await insertGateway(transaction, { input, keySha256, now });
        if (key !== undefined) {
          return { ...gateway, key };
        }
        const { code, sha256, expiresAt } = newCode(platform, now, codeSecondsDefault);
        await writeEnrolmentCode(transaction, { id: gateway.id, sha256, expiresAt });
        const expires = expiresAt.toISOString();
        return { ...gateway, enrolmentCodeExpiresAt: expires, enrolment: { code, expiresAt: expires } };
      });
      return reply.status(201).send(made);
    },
  );
}

/** Codes that are typed at a gateway, once. */
export function enrolmentRoutes(app: App, platform: Platform): void {
  app.post(
    '/v1/gateways/:id/enrolment-code',
    {
      config: write,
      schema: { tags, params: GatewayById, body: IssuedCodeInput, response: { 201: IssuedCode } },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { expiresInSeconds = codeSecondsDefault } = request.body;
      const telling = { type: 'gateway.enrolment-code-issued', payloadOf };
      const issued = await changeAndTell(platform, request, telling, async (transaction, now) => {
        const { code, sha256, expiresAt } = newCode(platform, now, expiresInSeconds);
        await writeEnrolmentCode(transaction, { id, sha256, expiresAt });
        return { id, code, expiresAt: expiresAt.toISOString() };
      });
      return reply.status(201).send(issued);
    },
  );

  app.delete(
    '/v1/gateways/:id/enrolment-code',
    { config: write, schema: { tags, params: GatewayById, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { id } = request.params;
      const telling = { type: 'gateway.enrolment-code-withdrawn', payloadOf };
      await changeAndTell(platform, request, telling, async (transaction) => {
        await writeEnrolmentCode(transaction, { id, sha256: null, expiresAt: null });
        return { id };
      });
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/v1/gateway-enrolments',
    {
      config: { permission: 'public', rateLimit: enrolmentsRateLimit },
      schema: { tags, body: EnrolmentInput, response: { 201: EnrolmentOutcome } },
    },
    async (request, reply) => {
      const key = newKey(platform);
      const now = new Date(platform.clock.now());
      const sha256 = sha256OfTypedCode(request.body.code);
      const gateway = await inTransaction(platform.database, async (transaction) => {
        const found = await useEnrolmentCode(transaction, {
          sha256,
          shown: shownCertificate(request.raw),
          now,
        });
        await replaceKey(transaction, {
          id: found.id,
          keySha256: sha256Of(key),
          formerValidForSeconds: formerKeySecondsDefault,
          now,
        });
        await appendEvent(transaction, {
          type: 'gateway.enrolled',
          key: found.id,
          payload: payloadOf(found),
          actor: `gateway:${found.id}`,
          occurredAt: now,
        });
        return found;
      });
      return reply.status(201).send({ ...gateway, key });
    },
  );
}

/** Keys of gateways that are there. */
export function gatewayKeyRoutes(app: App, platform: Platform): void {
  app.post(
    '/v1/gateways/:id/key',
    {
      config: write,
      schema: { tags, params: GatewayById, querystring: KeyQuery, response: { 201: IssuedKey } },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { formerValidForSeconds = formerKeySecondsDefault } = request.query;
      const key = newKey(platform);
      const telling = { type: 'gateway.key-rotated', payloadOf };
      await changeAndTell(platform, request, telling, async (transaction, now) => {
        await replaceKey(transaction, { id, keySha256: sha256Of(key), formerValidForSeconds, now });
        return { id };
      });
      return reply.status(201).send({ id, key });
    },
  );

  app.delete(
    '/v1/gateways/:id/key',
    { config: write, schema: { tags, params: GatewayById, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { id } = request.params;
      const telling = { type: 'gateway.key-revoked', payloadOf };
      await changeAndTell(platform, request, telling, async (transaction, now) => {
        await revokeKeys(transaction, id, now);
        return { id };
      });
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/v1/gateway/identity',
    {
      config: { permission: 'gateway:connect' },
      schema: { tags, response: { 200: GatewayIdentity } },
    },
    async (request) => {
      const { id, name } = principalOf(request);
      return { id, name };
    },
  );
}

/** What is wanted of a gateway and may not run there yet. */
export function pendingRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/gateways/:id/pending',
    {
      config: { permission: 'gateways:read' },
      schema: {
        tags,
        params: GatewayById,
        querystring: PendingQuery,
        response: { 200: Page(PendingMessage) },
      },
    },
    async (request) => {
      const gatewayId = (await requireGateway(platform.database, request.params.id)).id;
      const { limit = 50, cursor } = request.query;
      const after = readCursor(cursor, ['number']);
      const rows = await listPending(platform.database, {
        gatewayId,
        limit,
        ...(after && { afterNumber: after[0] }),
      });
      return toPage(
        rows,
        limit,
        (row) => ({
          number: row.number,
          type: row.type,
          deviceId: row.device_id,
          createdAt: row.created_at.toISOString(),
        }),
        (row) => [row.number],
      );
    },
  );
}
