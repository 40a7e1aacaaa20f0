import { queryOptions } from '@tanstack/react-query';
import { call, query } from './client.ts';
import { save, useChange } from './queries.ts';
import type { Alert, Page, Severity } from './types.ts';

export interface Incident {
  id: string;
  cause: {
    kind: 'rule' | 'site' | 'gateway';
    categoryId: string | null;
    rule: string | null;
    errorCode: number | null;
    gatewayId: string | null;
  };
  severity: Severity;
  state: 'gathering' | 'settled' | 'over' | 'closed';
  alertCount: number;
  activeCount: number;
  deviceCount: number;
  openedAt: string;
  acknowledgedAt: string | null;
  closeReason: string | null;
}

export interface MaintenanceWindow {
  id: string;
  scopeKind: string;
  scopeName: string;
  reason: string;
  startsAt: string;
  endsAt: string;
  repeats: 'never' | 'weekly';
  timeZone: string;
  state: 'in-force' | 'planned' | 'over';
  until: string | null;
  nextStartsAt: string | null;
  heldCount: number;
}

export interface WindowInput {
  scopeKind: string;
  scopeId: string;
  reason: string;
  startsAt: string;
  endsAt: string;
  repeats: 'never' | 'weekly';
  timeZone: string;
}

export interface NoticeRule {
  id: string;
  name: string;
  categoryId: string | null;
  rule: string | null;
  accountId: string | null;
  severityMin: Severity;
  contactId: string | null;
  userId: string | null;
  personName: string;
  channel: 'sms' | 'email';
  waitSeconds: number;
  enabled: boolean;
  version: number;
}

export interface NoticeRuleInput {
  name: string;
  categoryId: string | null;
  rule: string | null;
  accountId: string | null;
  severityMin: string;
  contactId: string | null;
  userId: string | null;
  channel: 'sms' | 'email';
  waitSeconds: number;
  enabled: boolean;
}

export interface Notice {
  id: string;
  personName: string;
  channel: 'sms' | 'email';
  state: 'waiting' | 'told' | 'dropped';
  reason: string | null;
  /** That an incident is over. */
  ofEnd: boolean;
  dueAt: string;
}

export interface SuggestionAnswer {
  suggestion: {
    basis: number;
    remedy: { command: string; tried: number; helped: number } | null;
    priority: { priority: string; cases: number; withThisPriority: number } | null;
    medianSeconds: number | null;
    endedByThemselves: number;
  } | null;
  history: number;
  historyMin: number;
}

/** All under the key of alerts, so that whatever happens to one is fetched anew. */
export const quietQueries = {
  incidents: () =>
    queryOptions({
      queryKey: ['alerts', 'incidents'],
      queryFn: () => call<Page<Incident>>('GET', '/v1/incidents?limit=100'),
    }),
  incident: (id: string) =>
    queryOptions({
      queryKey: ['alerts', 'incidents', id],
      queryFn: () => call<Incident>('GET', `/v1/incidents/${id}`),
    }),
  windows: () =>
    queryOptions({
      queryKey: ['alerts', 'windows'],
      queryFn: () => call<{ items: MaintenanceWindow[] }>('GET', '/v1/maintenance-windows'),
    }),
  noticeRules: () =>
    queryOptions({
      queryKey: ['alerts', 'notice-rules'],
      queryFn: () => call<{ items: NoticeRule[] }>('GET', '/v1/alert-notice-rules'),
    }),
  notices: (about: { alertId: string } | { incidentId: string }) =>
    queryOptions({
      queryKey: ['alerts', 'notices', about],
      queryFn: () => call<{ items: Notice[] }>('GET', `/v1/alert-notices${query(about)}`),
    }),
  suggestion: (alertId: string) =>
    queryOptions({
      queryKey: ['alerts', alertId, 'suggestion'],
      queryFn: () => call<SuggestionAnswer>('GET', `/v1/alerts/${alertId}/suggestion`),
    }),
  under: (filter: { parentAlertId?: string; incidentId?: string; holdId?: string }) =>
    queryOptions({
      queryKey: ['alerts', 'under', filter],
      queryFn: () => call<Page<Alert>>('GET', `/v1/alerts${query({ ...filter, limit: 50 })}`),
    }),
};

export interface ShelvingInput {
  kind: 'timed' | 'one-shot';
  until?: string;
  reason: string;
}

export const useShelve = (alertId: string) =>
  useChange((input: ShelvingInput) => call<Alert>('POST', `/v1/alerts/${alertId}/shelve`, input));
export const useUnshelve = (alertId: string) =>
  useChange(() => call<Alert>('POST', `/v1/alerts/${alertId}/unshelve`, {}));
export const useTryRemedy = (alertId: string) =>
  useChange((command: string) => call<unknown>('POST', `/v1/alerts/${alertId}/remedies`, { command }));
export const useOpenCaseWith = (alertId: string) =>
  useChange((priority: string) => call<unknown>('POST', `/v1/alerts/${alertId}/escalate`, { priority }));
export const useAcknowledgeIncident = (id: string) =>
  useChange(() => call<Incident>('POST', `/v1/incidents/${id}/acknowledge`, {}));
export const useCloseIncident = (id: string) =>
  useChange((input: { reason: string; release: boolean }) =>
    call<Incident>('POST', `/v1/incidents/${id}/close`, input),
  );
export const useAddWindow = () =>
  useChange((input: WindowInput) => call<MaintenanceWindow>('POST', '/v1/maintenance-windows', input));
export const useEndWindow = () =>
  useChange((id: string) => call<MaintenanceWindow>('POST', `/v1/maintenance-windows/${id}/end`, {}));
export const useSaveNoticeRule = () => useChange(save<NoticeRuleInput, NoticeRule>('/v1/alert-notice-rules'));
export const useRemoveNoticeRule = () =>
  useChange((id: string) => call<void>('DELETE', `/v1/alert-notice-rules/${id}`));
