import { queryOptions } from '@tanstack/react-query';
import { call, query } from './client.ts';
import { useChange } from './queries.ts';
import type { Alert, Page } from './types.ts';
import type { WorkOrderSummary } from './work-orders.ts';

export interface AlertTransition {
  number: number;
  transition: 'raised' | 'escalated' | 'deescalated' | 'updated' | 'cleared';
  state: string;
  severity: string;
  value: number | string | boolean | null;
  unit: string | null;
  reason: string;
  sourceTime: string;
  gatewayTime: string;
  evidence: { inputs: { name: string; value: number | string | boolean | null; quality: string }[] };
  childCount: number;
}

/** An alert of a device. */
export interface WholeAlert extends Alert {
  deviceId: string;
  source: 'device' | 'gateway';
  late: boolean;
  progress: 'command-sent' | 'command-failed' | 'case-created' | 'work-order-created' | null;
  children: { count: number; active: number };
  holding: { held: number; voided: number };
  shelf: { kind: 'timed' | 'one-shot'; until: string; by: string; reason: string } | null;
  statusReason: string | null;
  acknowledgedBy: string | null;
  assignedTo: string | null;
  transitions: AlertTransition[];
}

/** Of a device, or of a gateway. */
export type AnyWholeAlert = Omit<WholeAlert, 'deviceId'> & { deviceId: string | null };

export interface RecordedSignal {
  signal: string;
  unit?: string;
  /** Milliseconds after the part's `from`. */
  times: number[];
  values: (number | string | boolean | null)[];
}

export interface RecordingPart {
  part: 'before' | 'after';
  from: string;
  to: string;
  /** Not all values fitted. */
  truncated: boolean;
  /** The oldest frames did not fit. */
  framesTruncated: boolean;
  /** Why it ends early. */
  reason?: string;
  signals: RecordedSignal[];
  frames: RecordedFrame[];
}

export interface RecordedFrame {
  at: string;
  direction: 'received' | 'sent';
  hexadecimal: string;
  /** How many bytes it had, where not all were kept. */
  lengthBytes?: number;
}

export interface Escalation {
  id: string;
  state: string;
  command: string | null;
  caseId: string | null;
  workOrderId: string | null;
  alertIds: string[];
  steps: { at: string; step: string; reason: string | null }[];
}

export interface AlertComment {
  id: string;
  text: string;
  createdAt: string;
}

const path = '/v1/alerts';

/** All under the key of alerts, so that whatever happens to one is fetched anew. */
export const alertQueries = {
  /** Those whose role may work on alerts. */
  assignees: (alertId: string, assignedTo: string | null) =>
    queryOptions({
      queryKey: ['assignees', alertId, assignedTo],
      queryFn: () =>
        call<{ items: { id: string; name: string }[]; former: { id: string; name: string } | null }>(
          'GET',
          `${path}/assignees?alertId=${alertId}`,
        ),
    }),
  one: (id: string) =>
    queryOptions({ queryKey: ['alerts', id], queryFn: () => call<AnyWholeAlert>('GET', `${path}/${id}`) }),
  recording: (id: string) =>
    queryOptions({
      queryKey: ['alerts', id, 'recording'],
      queryFn: () => call<{ parts: RecordingPart[] }>('GET', `${path}/${id}/recording`),
    }),
  comments: (id: string) =>
    queryOptions({
      queryKey: ['alerts', id, 'comments'],
      queryFn: () => call<{ items: AlertComment[] }>('GET', `${path}/${id}/comments`),
    }),
  /** The latest fault episode that the alert belongs to. */
  escalation: (id: string) =>
    queryOptions({
      queryKey: ['alerts', id, 'escalation'],
      queryFn: async () => {
        const page = await call<Page<Escalation>>(
          'GET',
          `/v1/escalations${query({ alertId: id, limit: 1 })}`,
        );
        return page.items[0] ?? null;
      },
    }),
  workOrders: (id: string) =>
    queryOptions({
      queryKey: ['work-orders', 'of-alert', id],
      queryFn: () => call<Page<WorkOrderSummary>>('GET', `/v1/work-orders${query({ alertId: id })}`),
    }),
};

export const useAssignAlert = (id: string) =>
  useChange((userId: string | null) => call<Alert>('POST', `${path}/${id}/assign`, { userId }));
export const useCommentAlert = (id: string) =>
  useChange((text: string) => call<unknown>('POST', `${path}/${id}/comments`, { text }));
export const useCloseAlert = (id: string) =>
  useChange(() => call<Alert>('POST', `${path}/${id}/status`, { status: 'closed' }));
export const useEscalateAlert = (id: string) =>
  useChange(() => call<Escalation>('POST', `${path}/${id}/escalate`, {}));
export const useTryRemedy = (id: string) =>
  useChange((remedy: { command: string; parameters: object }) =>
    call<Escalation>('POST', `${path}/${id}/remedies`, remedy),
  );
