import type { Attribute, Attributes } from './attributes.ts';
import type { JourneyDefinition } from './definition.ts';
import type { RunState } from './interpreter.ts';

export interface TriggerRow {
  id: string;
  name: string;
  title: string;
  attributes: Attribute[];
  status: 'draft' | 'ready';
  built_in: boolean;
  created_at: Date;
  updated_at: Date;
  version: number;
}

export interface TriggerEventRow {
  id: string;
  sequence: number;
  trigger_name: string;
  attributes: Attributes;
  contact_id: string | null;
  run_id: string | null;
  step_id: string | null;
  source_event_id: number | null;
  event_id: number | null;
  depth: number;
  test: boolean;
  state: 'raised' | 'refused';
  reason: string | null;
  actor: string;
  raised_at: Date;
}

export interface JourneyRow {
  id: string;
  name: string;
  status: 'draft' | 'live' | 'stopped';
  latest_version: number;
  live_version: number | null;
  built_in_key: string | null;
  built_in_version: number | null;
  created_at: Date;
  updated_at: Date;
  version: number;
}

export interface RunRow {
  id: string;
  journey_id: string;
  journey_version: number;
  trigger_event_id: string;
  contact_id: string | null;
  test: boolean;
  status: RunState['status'];
  reason: string | null;
  state: RunState;
  due_at: Date | null;
  caused_by: number | null;
  depth: number;
  started_at: Date;
  updated_at: Date;
  finished_at: Date | null;
}

export type JourneyTables = {
  journeys: JourneyRow;
  journey_versions: {
    journey_id: string;
    number: number;
    trigger_name: string;
    definition: JourneyDefinition;
    actor: string;
    created_at: Date;
  };
  journey_refusals: {
    journey_id: string;
    trigger_event_id: string;
    reason: 'condition-not-met';
    refused_at: Date;
  };
  journey_runs: RunRow;
  journey_run_steps: {
    run_id: string;
    step_id: string;
    entered_at: Date;
    left_at: Date | null;
    outcome: string | null;
  };
};

/** JSON columns are written as JSON text. */
export const json = (value: unknown): string => JSON.stringify(value);
