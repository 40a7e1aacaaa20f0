import { queryOptions } from '@tanstack/react-query';
import { call, query } from './client.ts';
import type { Page } from './types.ts';

export const severities = ['CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE'] as const;
export type Severity = (typeof severities)[number];
export const calls = ['case', 'work-order', 'case-and-work-order', 'none'] as const;
export const priorities = ['critical', 'high', 'normal', 'low'] as const;

export interface Remedy {
  command: string;
  parameters?: object;
  times: number;
  expiresInSeconds: number;
  waitSeconds?: number;
}

/** What is done about some alerts of a category's devices. */
export interface EscalationRule {
  name?: string;
  when: {
    errorCodes?: { from: number; to?: number }[];
    severities?: Severity[];
    rules?: string[];
    signals?: string[];
  };
  remedies: Remedy[];
  verify?: { clearForSeconds: number; withinSeconds: number };
  otherwise: (typeof calls)[number];
  incidentTypeId?: string;
  priority?: (typeof priorities)[number];
}

export interface EscalationPolicy {
  rules: EscalationRule[];
}

export interface IncidentTypeInput {
  name: string;
  description: string | null;
  priority: string;
  tasks: { title: string; minutes: number | null }[];
}

/** What a technician does about one kind of trouble. */
export interface IncidentType extends IncidentTypeInput {
  id: string;
  version: number;
}

export const incidentTypes = () =>
  queryOptions({
    queryKey: ['incident-types'],
    queryFn: () => call<Page<IncidentType>>('GET', `/v1/incident-types${query({ limit: 200 })}`),
  });
