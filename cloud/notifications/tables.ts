import type { Channel, Purpose } from '../consent/index.ts';
import type { MessageState } from './message-state.ts';

export interface MessageRow {
  id: string;
  run_id: string | null;
  step_id: string | null;
  journey_id: string | null;
  case_id: string | null;
  contact_id: string | null;
  contact_name: string | null;
  channel: Channel;
  purpose: Purpose;
  topic: string | null;
  template: string;
  language: string;
  recipient: string | null;
  subject: string | null;
  text: string;
  html: string | null;
  state: MessageState;
  reason: string | null;
  test: boolean;
  caused_by: number | null;
  created_at: Date;
  updated_at: Date;
  sent_at: Date | null;
  delivered_at: Date | null;
  version: number;
  attempts: number;
  next_attempt_at: Date | null;
  lease_owner: string | null;
  lease_until: Date | null;
}

export interface AttemptRow {
  message_id: string;
  number: number;
  owner: string;
  started_at: Date;
  finished_at: Date | null;
  outcome: 'accepted' | 'temporary' | 'permanent' | 'unknown' | null;
  detail: string | null;
}

export type NotificationTables = {
  messages: MessageRow;
  message_attempts: AttemptRow;
  message_parts: {
    message_id: string;
    part: number;
    peer_message_id: string;
    accepted_at: Date;
    outcome: 'delivered' | 'undelivered' | null;
  };
};
