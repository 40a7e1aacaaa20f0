import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, query, upload } from './client.ts';
import { useChange } from './queries.ts';
import type { Page, TimelineEntry } from './types.ts';

export type WorkOrderStep = 'schedule' | 'unschedule' | 'start' | 'complete' | 'post' | 'cancel' | 'reopen';

export interface WorkOrderSummary {
  id: string;
  number: string;
  title: string;
  status: string;
  priority: string;
  incidentTypeName: string | null;
  accountName: string;
  contactName: string | null;
  deviceId: string | null;
  assetName: string | null;
  caseId: string | null;
  caseNumber: string | null;
  technicianId: string | null;
  technicianName: string | null;
  scheduledFrom: string | null;
  scheduledUntil: string | null;
  completedAt: string | null;
  tasksDone: number;
  tasksTotal: number;
  createdAt: string;
  version: number;
}

export interface WorkOrder extends WorkOrderSummary {
  description: string | null;
  outcome: string | null;
  possibleSteps: WorkOrderStep[];
  tasks: { id: string; title: string; minutes: number | null; doneAt: string | null }[];
  photos: { id: string; caption: string | null; createdAt: string }[];
  timeline: TimelineEntry[];
}

/** What a work order is for: a case, or an alert. */
export type WorkOrderCause = { caseId: string } | { alertId: string };

export type NewWorkOrder = WorkOrderCause & {
  title: string;
  description?: string;
  /** That of the incident type, or normal, where it is left out. */
  priority?: string;
  incidentTypeId?: string;
};

export interface WorkOrderEdit {
  title: string;
  description: string | null;
  priority: string;
}

const path = '/v1/work-orders';

export const workOrderQueries = {
  pages: (filter: { open?: string; status?: string; caseId?: string }) =>
    infiniteQueryOptions({
      queryKey: ['work-orders', 'pages', filter],
      queryFn: ({ pageParam }) =>
        call<Page<WorkOrderSummary>>('GET', `${path}${query({ ...filter, cursor: pageParam })}`),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.nextCursor ?? undefined,
      placeholderData: keepPreviousData,
    }),
  one: (id: string) =>
    queryOptions({ queryKey: ['work-orders', id], queryFn: () => call<WorkOrder>('GET', `${path}/${id}`) }),
  technicians: () =>
    queryOptions({
      queryKey: ['technicians'],
      queryFn: () => call<{ items: { id: string; name: string }[] }>('GET', `${path}/technicians`),
    }),
};

export const photoUrl = (workOrderId: string, photoId: string) => `${path}/${workOrderId}/photos/${photoId}`;

export const useMakeWorkOrder = () =>
  useChange((input: NewWorkOrder) => call<WorkOrder>('POST', path, input));
export const useEditWorkOrder = (id: string) =>
  useChange(({ version, edit }: { version: number; edit: WorkOrderEdit }) =>
    call<WorkOrder>('PUT', `${path}/${id}`, edit, { 'if-match': `"${version}"` }),
  );
export const useWorkOrderStep = (item: WorkOrder) =>
  useChange((input: { step: WorkOrderStep; details: object }) =>
    call<WorkOrder>('POST', `${path}/${item.id}/${input.step}`, input.details, {
      'if-match': `"${item.version}"`,
    }),
  );
export const useAddTask = (id: string) =>
  useChange((title: string) => call<WorkOrder>('POST', `${path}/${id}/tasks`, { title }));
export const useTickTask = (id: string) =>
  useChange((task: { id: string; done: boolean }) =>
    call<WorkOrder>('PUT', `${path}/${id}/tasks/${task.id}`, { done: task.done }),
  );
export const useRemoveTask = (id: string) =>
  useChange((taskId: string) => call<WorkOrder>('DELETE', `${path}/${id}/tasks/${taskId}`));
export const useAddWorkOrderNote = (id: string) =>
  useChange((text: string) => call<WorkOrder>('POST', `${path}/${id}/notes`, { text }));
export const useAddPhoto = (id: string) =>
  useChange((file: File) => upload<WorkOrder>(`${path}/${id}/photos`, file));
