import { queryOptions } from '@tanstack/react-query';
import { call, query } from './client.ts';
import { type TimeRange, timesOf } from './queries.ts';
import type { Page } from './types.ts';

/** Something that happened to a device: an alert, a command, a reboot, a case or a work order. */
export interface Moment {
  id: number;
  at: string;
  kind: string;
  recordId: string | null;
  signal: string | null;
  severity: string | null;
  state: string | null;
  title: string | null;
}

export const momentsQuery = (deviceId: string, range: TimeRange) =>
  queryOptions({
    queryKey: ['moments', deviceId, range],
    queryFn: () =>
      call<Page<Moment>>('GET', `/v1/devices/${deviceId}/moments${query({ ...timesOf(range), limit: 500 })}`),
    refetchInterval: 'last' in range && range.last <= 3_600_000 ? 5000 : 30_000,
  });
