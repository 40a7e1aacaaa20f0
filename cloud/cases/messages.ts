import type { StoredEvent, Subscription } from '../platform/index.ts';
import type { CasesGround } from './ground.ts';
import { findCase, putActivity } from './store.ts';

const spokenChannel: Readonly<Record<string, string>> = { sms: 'Text message', email: 'Email' };

/** Messages to the customer reach the timeline: one entry for each message, with the state that it has now. */
export function messagesSubscription({ platform }: CasesGround): Subscription {
  return {
    name: 'cases-messages',
    types: ['message.state-changed'],
    async handle(transaction, event) {
      const { caseId, messageId, channel, state, reason } = textsOf(event);
      if (caseId === undefined || messageId === undefined || state === undefined) {
        return;
      }
      if ((await findCase(transaction, caseId)) === undefined) {
        return;
      }
      await putActivity(transaction, {
        id: platform.newId(),
        case_id: caseId,
        at: event.occurredAt,
        kind: 'message',
        title: `${spokenChannel[channel ?? ''] ?? 'Message'} to the customer: ${state}`,
        detail: reason ?? null,
        actor: event.actor,
        source: `message:${messageId}`,
      });
    },
  };
}

function textsOf(event: StoredEvent): Partial<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(event.payload).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
