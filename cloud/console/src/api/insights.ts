import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, query } from './client.ts';

export interface RemoteFixFigures {
  alerts: number;
  fixedRemotely: number;
  fixedOtherwise: number;
  toPeople: number;
  givenUp: number;
  underWay: number;
  byThemselves: number;
  untouched: number;
  tried: number;
  shareOfAlerts: number | null;
  shareOfTried: number | null;
}
export interface RemoteFixItem extends RemoteFixFigures {
  categoryId: string | null;
  rule: string | null;
  errorCode: number | null;
  command: string | null;
  day: string | null;
  sent: number | null;
}
export interface RemoteFixes {
  from: string;
  to: string;
  total: RemoteFixFigures;
  items: RemoteFixItem[];
}
export interface RemoteFixFilter {
  from: string;
  groupBy: 'kind' | 'command' | 'day';
}

const path = '/v1/insights/remote-fixes';

export const remoteFixes = (filter: RemoteFixFilter) =>
  queryOptions({
    queryKey: ['insights', 'remote-fixes', filter],
    queryFn: () => call<RemoteFixes>('GET', `${path}${query({ ...filter })}`),
    placeholderData: keepPreviousData,
  });

export const remoteFixesTable = (filter: RemoteFixFilter): string => `${path}.csv${query({ ...filter })}`;
