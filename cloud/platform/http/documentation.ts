import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { App } from '../capability.ts';

const documentationPrefix = '/docs';

/** The routes of the documentation come from a plugin, which knows nothing of permissions. */
export function markDocumentationPublic(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.url === documentationPrefix || route.url.startsWith(`${documentationPrefix}/`)) {
      route.config = { ...route.config, permission: 'public' };
    }
  });
}

/** `/openapi.json` for programs and `/docs` for people; both for everybody, and without downloads from elsewhere. */
export async function documentation(app: App, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Andon',
        version: '1',
        description:
          'Connected service: devices, alerts, commands, cases, journeys and messages. Sign in with a session ' +
          'cookie, or send `Authorization: Bearer` with an API key. Errors are problem details (RFC 9457).',
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'andon_session' },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const permission = route.config?.permission;
      return {
        url,
        schema: {
          ...schema,
          hide: !url.startsWith('/v1') && !url.startsWith('/c/'),
          tags: [url.split('/')[2] ?? 'platform'],
          security: permission === 'public' ? [] : [{ apiKey: [] }, { session: [] }],
          description: permission === 'public' ? 'For everybody.' : `Needs the permission \`${permission}\`.`,
        },
      };
    },
  });
  await app.register(swaggerUi, { routePrefix: documentationPrefix, staticCSP: true });
  app.get('/openapi.json', { config: { permission: 'public' }, schema: { hide: true } }, async () =>
    app.swagger(),
  );
}
