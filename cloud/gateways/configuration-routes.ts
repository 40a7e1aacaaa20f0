import {
  type ConfigurationMistake,
  confirmWithinSecondsDefault,
  type GatewayConfiguration,
} from '@andon/shared/contracts';
import {
  ConfigurationError,
  checkFilesStayInside,
  checkNoSecrets,
  parseConfiguration,
  type Tell,
} from '@andon/shared/gateway-configuration';
import { AndonError } from '@andon/shared/kernel';
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
import {
  CheckById,
  CheckInput,
  ConfigurationCheckResult,
  ConfigurationInput,
  ConfigurationVersion,
  ConfigurationVersionById,
  ConfigurationVersionSummary,
  ConfigurationVersionsQuery,
  ConfirmationInput,
  GatewayConfigurationState,
} from './configuration-schemas.ts';
import {
  describeConfiguration,
  findCheck,
  findConfiguration,
  insertCheck,
  insertConfiguration,
  listConfigurations,
  pushOf,
  toVersion,
  toVersionSummary,
} from './configuration-store.ts';
import { sendDownlinks } from './downlink-store.ts';
import { requireGateway } from './gateway-store.ts';
import { GatewayById } from './schemas.ts';

const tags = ['gateways'];
const read = { permission: 'gateways:read' } as const;
const write = { permission: 'gateways:write' } as const;
/** A text of the longest length, escaped. */
const bodyBytesMax = 2 * 1024 * 1024;

/** What is wrong with the text by what the cloud knows of the gateway; its ports and register maps it does not. */
function mistakesOf(gatewayId: string, text: string): ConfigurationMistake[] {
  const checkId = ({ gateway }: GatewayConfiguration, tell: Tell) => {
    if (gateway.id !== gatewayId) {
      tell(['gateway', 'id'], `must be ${gatewayId}, the gateway for which this is written`);
    }
  };
  try {
    parseConfiguration(text, 'configuration', undefined, checkId, checkNoSecrets, checkFilesStayInside);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.mistakes.map(({ line, column, key, message }) => ({ line, column, key, message }));
    }
    throw error;
  }
}

function refuseMistakes(gatewayId: string, text: string): void {
  const mistakes = mistakesOf(gatewayId, text);
  if (mistakes.length > 0) {
    throw new AndonError({
      code: 'gateways.configuration-mistakes',
      message: `The configuration has ${mistakes.length} mistakes, the first in line ${mistakes[0]?.line}.`,
      nextStep: 'Correct them; nothing was sent to the gateway.',
      field: 'text',
      status: 422,
      details: { mistakes },
    });
  }
}

/** Reading what is wanted, what runs, and what was. */
export function configurationReadingRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/gateways/:id/configuration',
    {
      config: read,
      schema: { tags, params: GatewayById, response: { 200: GatewayConfigurationState } },
    },
    async (request) => {
      const { id } = await requireGateway(platform.database, request.params.id);
      return describeConfiguration(platform.database, id);
    },
  );

  app.get(
    '/v1/gateways/:id/configuration/versions',
    {
      config: read,
      schema: {
        tags,
        params: GatewayById,
        querystring: ConfigurationVersionsQuery,
        response: { 200: Page(ConfigurationVersionSummary) },
      },
    },
    async (request) => {
      const gatewayId = (await requireGateway(platform.database, request.params.id)).id;
      const { limit = 50, cursor } = request.query;
      const before = readCursor(cursor, ['number']);
      const rows = await listConfigurations(platform.database, {
        gatewayId,
        limit,
        ...(before && { beforeNumber: before[0] }),
      });
      return toPage(rows, limit, toVersionSummary, (row) => [row.number]);
    },
  );

  app.get(
    '/v1/gateways/:id/configuration/versions/:number',
    {
      config: read,
      schema: { tags, params: ConfigurationVersionById, response: { 200: ConfigurationVersion } },
    },
    async (request) => {
      const { id, number } = request.params;
      const row = await findConfiguration(platform.database, id, number);
      if (row === undefined) {
        throw noSuchVersion();
      }
      return toVersion(row);
    },
  );
}

/** Writing a configuration, and confirming it. */
export function configurationWritingRoutes(app: App, platform: Platform): void {
  app.put(
    '/v1/gateways/:id/configuration',
    {
      config: write,
      bodyLimit: bodyBytesMax,
      schema: {
        tags,
        params: GatewayById,
        body: ConfigurationInput,
        response: { 200: GatewayConfigurationState },
      },
    },
    async (request) => {
      const { text, confirmedBy = 'health' } = request.body;
      const { confirmWithinSeconds = confirmWithinSecondsDefault } = request.body;
      const { id } = await requireGateway(platform.database, request.params.id);
      const expectedNumber = expectedVersion(request);
      refuseMistakes(id, text);
      const createdBy = principalOf(request).actor;
      const telling = {
        type: 'gateway.configuration-changed',
        payloadOf: ({ version }: GatewayConfigurationState) => ({
          gatewayId: id,
          number: version - 1,
          state: 'pending',
          source: 'cloud',
          reason: null,
        }),
      };
      return changeAndTell(platform, request, telling, async (transaction, now) => {
        const row = await insertConfiguration(transaction, id, {
          expectedNumber,
          text,
          confirmedBy,
          confirmWithinSeconds,
          createdBy,
          now,
        });
        await sendDownlinks(transaction, [{ gatewayId: id, message: pushOf(row) }], now);
        return describeConfiguration(transaction, id);
      });
    },
  );

  app.post(
    '/v1/gateways/:id/configuration/confirm',
    {
      config: write,
      schema: {
        tags,
        params: GatewayById,
        body: ConfirmationInput,
        response: { 200: GatewayConfigurationState },
      },
    },
    async (request) => {
      const { id } = await requireGateway(platform.database, request.params.id);
      const { number } = request.body;
      const telling = {
        type: 'gateway.configuration-confirmation-sent',
        payloadOf: () => ({ gatewayId: id, number }),
      };
      return changeAndTell(platform, request, telling, async (transaction, now) => {
        const row = await findConfiguration(transaction, id, number);
        if (row?.state !== 'applied') {
          throw notOnTrial(number);
        }
        const message = { type: 'configuration-confirmation', version: number } as const;
        await sendDownlinks(transaction, [{ gatewayId: id, message }], now);
        return describeConfiguration(transaction, id);
      });
    },
  );
}

/** 'What would this change?' */
export function configurationCheckRoutes(app: App, platform: Platform): void {
  app.post(
    '/v1/gateways/:id/configuration/checks',
    {
      config: write,
      bodyLimit: bodyBytesMax,
      schema: {
        tags,
        params: GatewayById,
        body: CheckInput,
        response: { 201: ConfigurationCheckResult },
      },
    },
    async (request, reply) => {
      const gatewayId = (await requireGateway(platform.database, request.params.id)).id;
      const { text } = request.body;
      const mistakes = mistakesOf(gatewayId, text);
      const id = platform.newId();
      const now = new Date(platform.clock.now());
      const createdBy = principalOf(request).actor;
      await inTransaction(platform.database, async (transaction) => {
        await insertCheck(transaction, { id, gatewayId, createdBy, now, mistakes });
        if (mistakes.length === 0) {
          const message = { type: 'configuration-check', id, text } as const;
          await sendDownlinks(transaction, [{ gatewayId, message }], now);
        }
      });
      return reply.status(201).send({
        id,
        state: mistakes.length === 0 ? 'waiting' : 'answered',
        mistakes,
        changes: [],
        createdAt: now.toISOString(),
      });
    },
  );

  app.get(
    '/v1/gateways/:id/configuration/checks/:checkId',
    {
      config: read,
      schema: { tags, params: CheckById, response: { 200: ConfigurationCheckResult } },
    },
    async (request) => {
      const { id, checkId } = request.params;
      const check = await findCheck(platform.database, id, checkId);
      if (check === undefined) {
        throw new AndonError({
          code: 'gateways.no-such-check',
          message: 'There is no such check of a configuration; they are kept for a day.',
          nextStep: 'Ask the gateway again.',
          status: 404,
        });
      }
      return check;
    },
  );
}

function noSuchVersion(): AndonError {
  return new AndonError({
    code: 'gateways.no-such-configuration',
    message: 'There is no such configuration of this gateway, or it is kept no longer.',
    nextStep: 'Look for it in GET /v1/gateways/{id}/configuration/versions.',
    status: 404,
  });
}

function notOnTrial(number: number): AndonError {
  return new AndonError({
    code: 'gateways.configuration-not-on-trial',
    message: `The configuration ${number} is not on trial at the gateway.`,
    nextStep: 'Look at its state; only one that is applied and not yet confirmed can be.',
    field: 'number',
    status: 409,
  });
}
