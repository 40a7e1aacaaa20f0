import type { App, Capability, Platform } from '../capability.ts';
import { apiKeyRoutes } from './api-key-routes.ts';
import { apiKeyAuthenticator } from './api-keys.ts';
import { sessionRoutes } from './session-routes.ts';
import { removeExpiredSessions, sessionAuthenticator } from './sessions.ts';
import { forgetOldFailures } from './sign-in.ts';
import { userRoutes } from './user-routes.ts';

/** Users, sessions and API keys: the part of the platform that has routes and a task, as any capability has. */
export function createAuth(platform: Platform): Capability {
  return {
    name: 'auth',
    authenticators: [sessionAuthenticator(platform), apiKeyAuthenticator(platform)],
    tasks: [
      {
        name: 'remove-expired-sessions',
        everyMilliseconds: 600_000,
        run: async () => {
          await removeExpiredSessions(platform);
          return 0;
        },
      },
      {
        name: 'forget-sign-in-failures',
        everyMilliseconds: 600_000,
        run: async () => {
          await forgetOldFailures(platform);
          return 0;
        },
      },
    ],
    routes(app: App) {
      sessionRoutes(app, platform);
      userRoutes(app, platform);
      apiKeyRoutes(app, platform);
    },
  };
}
