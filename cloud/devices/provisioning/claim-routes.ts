import { Type } from 'typebox';
import { type App, inTransaction, Page, principalOf, readCursor, toPage } from '../../platform/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { describeDevice } from '../details.ts';
import {
  Claim,
  ClaimById,
  ClaimedDevice,
  Claiming,
  ClaimsInput,
  ClaimsQuery,
  IssuedClaims,
  RenewalInput,
  RenewedClaim,
} from './claim-schemas.ts';
import {
  claimDevice,
  claimSecondsDefault,
  issueClaims,
  listClaims,
  renewClaim,
  toClaim,
  withdrawClaim,
} from './claims.ts';

const tags = ['devices'];
const write = { permission: 'devices:write' } as const;
/** Tries with codes, from one address: a code has 80 bits, and nobody mistypes for long. */
const claimsRateLimit = { max: 60, timeWindow: 60_000 };
const bodyBytesMax = 1024 * 1024;

/** Devices that wait to be claimed. */
export function claimRoutes(app: App, dependencies: Dependencies): void {
  const { database, clock } = dependencies.platform;

  app.post(
    '/v1/device-claims',
    {
      config: write,
      bodyLimit: bodyBytesMax,
      schema: { tags, body: ClaimsInput, response: { 201: IssuedClaims } },
    },
    async (request, reply) => {
      const { devices, expiresInSeconds = claimSecondsDefault } = request.body;
      const { actor } = principalOf(request);
      const items = await inTransaction(database, (transaction) =>
        issueClaims(dependencies, transaction, { devices, expiresInSeconds, actor }),
      );
      return reply.status(201).send({ items });
    },
  );

  app.get(
    '/v1/device-claims',
    {
      config: { permission: 'devices:read' },
      schema: { tags, querystring: ClaimsQuery, response: { 200: Page(Claim) } },
    },
    async (request) => {
      const { limit = 50, cursor, state } = request.query;
      const after = readCursor(cursor, ['text']);
      const now = clock.now();
      const filter = { state, limit, now: new Date(now), ...(after && { afterId: after[0] }) };
      const rows = await listClaims(database, filter);
      return toPage(
        rows,
        limit,
        (row) => toClaim(row, now),
        (row) => [row.device_id],
      );
    },
  );

  app.post(
    '/v1/device-claims/:id/code',
    {
      config: write,
      schema: { tags, params: ClaimById, body: RenewalInput, response: { 201: RenewedClaim } },
    },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const { expiresInSeconds = claimSecondsDefault } = request.body;
      const renewed = await inTransaction(database, (transaction) =>
        renewClaim(dependencies, transaction, { deviceId: request.params.id, expiresInSeconds, actor }),
      );
      return reply.status(201).send(renewed);
    },
  );

  app.delete(
    '/v1/device-claims/:id',
    { config: write, schema: { tags, params: ClaimById, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { actor } = principalOf(request);
      await inTransaction(database, (transaction) =>
        withdrawClaim(dependencies, transaction, { deviceId: request.params.id, actor }),
      );
      return reply.status(204).send(null);
    },
  );
}

/** A technician types the code. */
export function claimingRoutes(app: App, dependencies: Dependencies): void {
  app.post(
    '/v1/device-claims/claim',
    {
      config: { ...write, rateLimit: claimsRateLimit },
      schema: { tags, body: Claiming, response: { 201: ClaimedDevice } },
    },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const device = await inTransaction(dependencies.platform.database, async (transaction) => {
        const deviceId = await claimDevice(dependencies, transaction, { claiming: request.body, actor });
        return describeDevice(transaction, deviceId);
      });
      return reply.status(201).send({ device });
    },
  );
}
