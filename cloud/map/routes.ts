import type { App, Platform } from '../platform/index.ts';
import { viewMap } from './map-store.ts';
import { MapQuery, MapView } from './schemas.ts';

export function mapRoutes(app: App, { database }: Platform): void {
  app.get(
    '/v1/map',
    {
      config: { permission: 'devices:read' },
      schema: { tags: ['devices'], querystring: MapQuery, response: { 200: MapView } },
    },
    async (request) => viewMap(database, request.query),
  );
}
