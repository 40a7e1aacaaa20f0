import type { BackgroundTask } from '../background.ts';
import type { App, Capability, Platform } from '../capability.ts';
import { apiKeyRoutes } from './api-key-routes.ts';
import { apiKeyAuthenticator } from './api-keys.ts';
import { forgetOldFailures } from './attempts.ts';
import { createOpenIdConnect, type OpenIdConnectSettings } from './openid-connect/index.ts';
import { ownAccountRoutes } from './own-account-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { removeExpiredSessions, sessionAuthenticator } from './sessions.ts';
import { removeExpiredLinks } from './sign-in-links.ts';
import { userRoutes } from './user-routes.ts';

export interface AuthSettings {
  /** undefined: people sign in with passwords alone. */
  readonly openIdConnect?: OpenIdConnectSettings;
}

/** Users, sessions and API keys: the part of the platform that has routes and a task, as any capability has. */
export function createAuth(platform: Platform, settings: AuthSettings = {}): Capability {
  const openIdConnect = settings.openIdConnect && createOpenIdConnect(platform, settings.openIdConnect);
  return {
    name: 'auth',
    authenticators: [sessionAuthenticator(platform), apiKeyAuthenticator(platform)],
    tasks: [
      cleaning('remove-expired-sessions', () => removeExpiredSessions(platform)),
      cleaning('remove-expired-sign-in-links', () => removeExpiredLinks(platform)),
      cleaning('forget-sign-in-failures', () => forgetOldFailures(platform)),
    ],
    routes(app: App) {
      sessionRoutes(app, platform, openIdConnect);
      openIdConnect?.routes(app);
      ownAccountRoutes(app, platform);
      userRoutes(app, platform);
      apiKeyRoutes(app, platform);
    },
  };
}

const cleanEveryMilliseconds = 600_000;

function cleaning(name: string, clean: () => Promise<unknown>): BackgroundTask {
  return {
    name,
    everyMilliseconds: cleanEveryMilliseconds,
    run: async () => {
      await clean();
      return 0;
    },
  };
}
