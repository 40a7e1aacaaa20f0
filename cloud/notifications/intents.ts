import { AndonError } from '@andon/shared/kernel';
import { type Channel, normaliseContactPoint, type Purpose } from '../consent/index.ts';
import { type Platform, sql, type Transaction } from '../platform/index.ts';
import { tellState } from './state-change.ts';
import type { NotificationTables } from './tables.ts';
import {
  findTemplate,
  type RenderedMessage,
  renderTemplate,
  type TemplateValues,
} from './templates/render.ts';

/** Whom a message is for, as the accounts know them. */
export interface Addressee {
  readonly id: string;
  readonly fullName: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly language: string;
}

/** That somebody is to be told something. */
export interface NotificationIntent {
  readonly channel: Channel;
  readonly template: string;
  readonly values: TemplateValues;
  readonly purpose: Purpose;
  readonly topic: string | null;
  /** Null where nobody is known: the message is kept, blocked, and says so. */
  readonly contact: Addressee | null;
  readonly caseId: string | null;
  readonly test: boolean;
  readonly causedBy: number | null;
  /** The step that wants it; a second intent of the same step is the same message. */
  readonly origin: { readonly journeyId: string; readonly runId: string; readonly stepId: string } | null;
}

/**
 * Commits the intent: renders the words and queues the message, in the caller's transaction. Words that cannot be
 * rendered give a failed message with the reason. Answers its id, or undefined where the step has its message.
 */
export async function queueMessage(
  platform: Platform,
  transaction: Transaction,
  intent: NotificationIntent,
): Promise<string | undefined> {
  const now = new Date(platform.clock.now());
  const rendered = renderIntent(intent);
  const failed = 'failure' in rendered;
  const contactPoint = intent.channel === 'sms' ? intent.contact?.phone : intent.contact?.email;
  const inserted = await transaction
    .withTables<NotificationTables>()
    .insertInto('messages')
    .values({
      id: platform.newId(),
      run_id: intent.origin?.runId ?? null,
      step_id: intent.origin?.stepId ?? null,
      journey_id: intent.origin?.journeyId ?? null,
      case_id: intent.caseId,
      contact_id: intent.contact?.id ?? null,
      contact_name: intent.contact?.fullName ?? null,
      channel: intent.channel,
      purpose: intent.purpose,
      topic: intent.topic,
      template: intent.template,
      language: failed ? 'en' : rendered.language,
      recipient: contactPoint ? (normaliseContactPoint(intent.channel, contactPoint) ?? contactPoint) : null,
      subject: failed ? null : rendered.subject,
      text: failed ? '' : rendered.text,
      html: failed ? null : rendered.html,
      state: failed ? 'failed' : 'queued',
      reason: failed ? rendered.failure : null,
      test: intent.test,
      caused_by: intent.causedBy,
      created_at: now,
      updated_at: now,
      sent_at: null,
      delivered_at: null,
      version: 1,
      attempts: 0,
      next_attempt_at: failed ? null : now,
      lease_owner: null,
      lease_until: null,
    })
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'step_id']).where(sql<boolean>`run_id is not null`).doNothing(),
    )
    .returningAll()
    .executeTakeFirst();
  if (inserted !== undefined) {
    await tellState(transaction, inserted, { state: inserted.state, reason: inserted.reason, at: now });
  }
  return inserted?.id;
}

function renderIntent(intent: NotificationIntent): RenderedMessage | { failure: string } {
  const template = findTemplate(intent.template);
  if (template === undefined || template.channel !== intent.channel) {
    return { failure: `There is no ${intent.channel} template ${intent.template}.` };
  }
  try {
    return renderTemplate(template, intent.contact?.language ?? 'en', {
      name: intent.contact?.fullName ?? '',
      ...intent.values,
    });
  } catch (error) {
    if (error instanceof AndonError) {
      return { failure: error.message };
    }
    throw error;
  }
}
