import { call } from './client.ts';
import { useChange } from './queries.ts';
import type { SessionUser } from './types.ts';

export const useSignIn = () =>
  useChange((input: { email: string; password: string }) =>
    call<{ user: SessionUser }>('POST', '/v1/session', input),
  );
/** Whoever came by OpenID Connect signs out there too. */
export const useSignOut = () =>
  useChange(async () => {
    const answer = await call<{ continueAt: string } | undefined>('DELETE', '/v1/session');
    if (answer !== undefined) {
      window.location.assign(answer.continueAt);
    }
  });
