import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import { pagesOf, type WeeklySpan } from './commands.ts';
import { useChange } from './queries.ts';
import type { ParameterValue } from './types.ts';

export type JobStep = 'submit' | 'approve' | 'send-back' | 'pause' | 'resume' | 'cancel';
export type JobState =
  | 'draft'
  | 'awaiting-approval'
  | 'running'
  | 'paused'
  | 'completed'
  | 'stopped'
  | 'cancelled';

export interface Selection {
  categoryId?: string;
  gatewayId?: string;
  accountId?: string;
  siteId?: string;
  tags?: string[];
  deviceIds?: string[];
}

export interface JobInput {
  name: string;
  command: string;
  parameters: Record<string, ParameterValue>;
  expiresInSeconds: number | null;
  selection: Selection;
  ratePerMinute: number;
  concurrencyMax: number;
  canaryCount: number;
  stop: { failurePercent: number; atLeast: number } | null;
  window: { zone: 'device' | 'job'; timeZone: string; weekly: WeeklySpan[] } | null;
}

export interface Job extends JobInput {
  id: string;
  state: JobState;
  reason: string | null;
  destructive: boolean;
  counts: {
    total: number;
    waiting: number;
    sent: number;
    succeeded: number;
    failed: number;
    skipped: number;
  };
  possibleSteps: JobStep[];
  createdBy: string;
  createdByName: string | null;
  approvedByName: string | null;
  approvedAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  createdAt: string;
  version: number;
}

export interface JobTarget {
  deviceId: string;
  deviceName: string;
  state: 'waiting' | 'sent' | 'succeeded' | 'failed' | 'skipped';
  reason: string | null;
  commandId: string | null;
  commandState: string | null;
  sentAt: string | null;
  endedAt: string | null;
}

export interface JobPreview {
  devices: number;
  connected: number;
  categories: { id: string; name: string; devices: number; problem: string | null }[];
  destructive: boolean;
  sample: { id: string; name: string }[];
  leftOut: {
    count: number;
    devices: { id: string; reason: 'unknown' | 'not-in-service' | 'does-not-fit' }[];
  };
}

const path = '/v1/jobs';

export const jobQueries = {
  pages: (filter: { state?: string }) => pagesOf<Job>('jobs', path, filter),
  one: (id: string) =>
    queryOptions({ queryKey: ['jobs', id], queryFn: () => call<Job>('GET', `${path}/${id}`) }),
  targets: (id: string, filter: { state?: string }) =>
    pagesOf<JobTarget>('jobs', `${path}/${id}/targets`, filter),
  preview: (selection: Selection, command: string | undefined, parameters: Record<string, ParameterValue>) =>
    queryOptions({
      queryKey: ['jobs', 'preview', selection, command, parameters],
      queryFn: () =>
        call<JobPreview>('POST', `${path}/preview`, {
          selection,
          ...(command === undefined ? {} : { command, parameters }),
        }),
    }),
};

export const useMakeJob = () => useChange((input: JobInput) => call<Job>('POST', path, input));
export const useJobAgain = () => useChange((jobId: string) => call<Job>('POST', `${path}/${jobId}/again`));
export const useJobStep = () =>
  useChange(({ job, step, reason }: { job: Pick<Job, 'id' | 'version'>; step: JobStep; reason?: string }) =>
    call<Job>('POST', `${path}/${job.id}/${step}`, reason === undefined ? {} : { reason }, {
      'if-match': `"${job.version}"`,
    }),
  );
