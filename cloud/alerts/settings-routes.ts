import { Slug } from '@andon/shared/contracts';
import { Type } from 'typebox';
import {
  type App,
  appendEvent,
  expectedVersion,
  inTransaction,
  type Platform,
  principalOf,
} from '../platform/index.ts';
import { tidyFields } from './grouping.ts';
import {
  AlertSettings,
  AlertSettingsEdit,
  CategoryGrouping,
  GroupingEdit,
  readGrouping,
  readSettings,
  writeGrouping,
  writeSettings,
} from './settings.ts';

const ByCategory = Type.Object({ categoryId: Slug });

/** How alerts are told apart and put together. */
export function settingsRoutes(app: App, platform: Platform): void {
  const { database, clock } = platform;
  app.get(
    '/v1/alerts/settings',
    { config: { permission: 'alerts:read' }, schema: { response: { 200: AlertSettings } } },
    () => readSettings(database),
  );

  app.put(
    '/v1/alerts/settings',
    {
      config: { permission: 'alerts:manage' },
      schema: { body: AlertSettingsEdit, response: { 200: AlertSettings } },
    },
    (request) => {
      const expected = expectedVersion(request);
      const now = new Date(clock.now());
      return inTransaction(database, async (transaction) => {
        const settings = await writeSettings(transaction, request.body, expected, now);
        await appendEvent(transaction, {
          type: 'alert-settings.changed',
          key: 'alerts',
          payload: settings,
          actor: principalOf(request).actor,
          occurredAt: now,
        });
        return settings;
      });
    },
  );

  app.get(
    '/v1/alerts/groupings/:categoryId',
    {
      config: { permission: 'alerts:read' },
      schema: { params: ByCategory, response: { 200: CategoryGrouping } },
    },
    (request) => readGrouping(database, request.params.categoryId),
  );

  app.put(
    '/v1/alerts/groupings/:categoryId',
    {
      config: { permission: 'alerts:manage' },
      schema: {
        summary: 'Which alerts of a category become children of a primary alert',
        params: ByCategory,
        body: GroupingEdit,
        response: { 200: CategoryGrouping },
      },
    },
    (request) => {
      const { actor } = principalOf(request);
      const now = new Date(clock.now());
      const { categoryId } = request.params;
      const { windowSeconds } = request.body;
      const fields = tidyFields(request.body.fields);
      return inTransaction(database, async (transaction) => {
        const grouping = await writeGrouping(
          transaction,
          { categoryId, fields, windowSeconds },
          { actor, now },
        );
        await appendEvent(transaction, {
          type: 'alert-grouping.changed',
          key: categoryId,
          payload: grouping,
          actor,
          occurredAt: now,
        });
        return grouping;
      });
    },
  );
}
