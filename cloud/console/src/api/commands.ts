import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, query } from './client.ts';
import { useChange } from './queries.ts';
import type { Command, Page, ParameterValue } from './types.ts';

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  actorName: string | null;
  type: string;
  key: string;
  payload: Record<string, unknown>;
}

/** A list that is loaded page by page as a person asks for more. */
export const pagesOf = <Item>(key: string, path: string, filter: Record<string, string | undefined>) =>
  infiniteQueryOptions({
    queryKey: [key, 'pages', path, filter],
    queryFn: ({ pageParam }) => call<Page<Item>>('GET', `${path}${query({ ...filter, cursor: pageParam })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const commandQueries = {
  pages: (filter: { outcome?: string; deviceId?: string; categoryId?: string }) =>
    pagesOf<Command>('commands', '/v1/commands', filter),
  /** What speaks against touching a device now, also by the hours of a job. */
  holds: (deviceId: string, jobId: string | null) =>
    queryOptions({
      queryKey: ['commands', 'holds', deviceId, jobId],
      queryFn: () =>
        call<{ reasons: HoldReason[] }>(
          'GET',
          `/v1/devices/${deviceId}/holds${query(jobId === null ? {} : { jobId })}`,
        ),
      // What was so a moment ago may not be so any more.
      staleTime: 0,
    }),
  audit: (filter: { by?: string; about?: string; key?: string; from?: string }) =>
    pagesOf<AuditEntry>('events', '/v1/audit', filter),
  hours: (owner: string) =>
    queryOptions({
      queryKey: ['accounts', 'hours', owner],
      queryFn: () => call<CustomerHours>('GET', `${owner}/hours`),
    }),
};

export type HoldReason = 'technician-visit' | 'outside-window' | 'outside-customer-hours';

/** `from` to `until` on these days (1 is Monday); an end before the beginning is on the next day. */
export interface WeeklySpan {
  days: number[];
  from: string;
  until: string;
}
export interface CustomerHours {
  timeZone: string;
  weekly: WeeklySpan[];
}

export const useIssueCommand = (deviceId: string) =>
  useChange(
    (input: { name: string; parameters: Record<string, ParameterValue>; expiresInSeconds?: number }) =>
      call<Command>('POST', `/v1/devices/${deviceId}/commands`, input),
  );
export const useRetryCommand = () =>
  useChange(({ commandId, despite }: { commandId: string; despite: HoldReason[] }) =>
    call<Command>('POST', `/v1/commands/${commandId}/retry`, { despite }),
  );
export const useCancelCommand = () =>
  useChange((commandId: string) => call<Command>('POST', `/v1/commands/${commandId}/cancel`));
export const useKeepHours = (owner: string) =>
  useChange((hours: CustomerHours) => call<CustomerHours>('PUT', `${owner}/hours`, hours));
