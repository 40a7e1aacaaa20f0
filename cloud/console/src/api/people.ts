import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, query } from './client.ts';
import { useChange } from './queries.ts';
import type { Page, SessionUser } from './types.ts';

export const roles = ['administrator', 'service-manager', 'service-agent', 'technician', 'viewer'] as const;
export type Role = (typeof roles)[number];

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  language: string;
  disabled: boolean;
  hasPassword: boolean;
  hasOpenIdConnect: boolean;
  lastSignedInAt: string | null;
  linkExpiresAt: string | null;
  version: number;
}

export interface SignInLink {
  url: string;
  expiresAt: string;
}

export interface ApiKey {
  id: string;
  name: string;
  role: Role | null;
  scopes: string[] | null;
  owner: { id: string; name: string } | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
}

export interface NewApiKey {
  name: string;
  role?: Role;
  scopes?: string[];
  expiresAt?: string;
}

export interface OwnSession {
  id: string;
  current: boolean;
  device: string;
  address: string;
  openedBy: string;
  createdAt: string;
  lastUsedAt: string;
}

const pages = <Item>(key: string, path: string, filter: Record<string, string> = {}) =>
  infiniteQueryOptions({
    queryKey: [key, 'pages', filter],
    queryFn: ({ pageParam }) => call<Page<Item>>('GET', `${path}${query({ ...filter, cursor: pageParam })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const peopleQueries = {
  users: () => pages<User>('users', '/v1/users'),
  apiKeys: (filter: { valid?: string }) => pages<ApiKey>('api-keys', '/v1/api-keys', filter),
  me: () => queryOptions({ queryKey: ['me'], queryFn: () => call<User>('GET', '/v1/session/user') }),
  sessions: () =>
    queryOptions({
      queryKey: ['sessions'],
      queryFn: () => call<{ items: OwnSession[] }>('GET', '/v1/sessions'),
    }),
  methods: () =>
    queryOptions({
      queryKey: ['sign-in-methods'],
      queryFn: () => call<{ openIdConnect: { name: string } | null }>('GET', '/v1/sign-in-methods'),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  /** Whom a link is for. */
  link: (token: string) =>
    queryOptions({
      queryKey: ['sign-in-link', token],
      queryFn: () =>
        call<{ email: string; name: string; hasPassword: boolean }>('POST', '/v1/sign-in-links/read', {
          token,
        }),
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    }),
};

export const useInvite = () =>
  useChange((input: { email: string; name: string; role: Role; language: string }) =>
    call<User & { link: SignInLink }>('POST', '/v1/users', input),
  );
export const useEditUser = () =>
  useChange(({ user, changes }: { user: User; changes: Partial<Pick<User, 'name' | 'role' | 'disabled'>> }) =>
    call<User>('PATCH', `/v1/users/${user.id}`, changes, { 'if-match': `"${user.version}"` }),
  );
export const useMakeLink = () =>
  useChange((userId: string) => call<SignInLink>('POST', `/v1/users/${userId}/sign-in-links`));
export const useEndSessionsOf = () =>
  useChange((userId: string) => call<void>('DELETE', `/v1/users/${userId}/sessions`));
export const useMakeApiKey = () =>
  useChange((input: NewApiKey) => call<{ id: string; key: string }>('POST', '/v1/api-keys', input));
export const useRevokeApiKey = () => useChange((id: string) => call<void>('DELETE', `/v1/api-keys/${id}`));
export const useEditMe = () =>
  useChange((changes: { name?: string; language?: string }) =>
    call<User>('PATCH', '/v1/session/user', changes),
  );
export const useChangePassword = () =>
  useChange((input: { currentPassword: string; password: string }) =>
    call<void>('PUT', '/v1/session/password', input),
  );
export const useEndSession = () => useChange((id: string) => call<void>('DELETE', `/v1/sessions/${id}`));
export const useEndOtherSessions = () => useChange(() => call<void>('DELETE', '/v1/sessions'));
export const useSignInLink = () =>
  useChange((input: { token: string; password: string }) =>
    call<{ user: SessionUser }>('POST', '/v1/sign-in-links/use', input),
  );
