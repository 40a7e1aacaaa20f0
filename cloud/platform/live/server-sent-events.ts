import { AndonError } from '@andon/shared/kernel';
import type { PositionedEvent } from '../event-log.ts';

/** One event in the form of the HTML Living Standard, 9.2.6. Its id is the place in the log. */
export function toLines(event: PositionedEvent): string {
  const data = JSON.stringify({
    id: event.id,
    type: event.type,
    key: event.key,
    payload: event.payload,
    actor: event.actor,
    causedBy: event.causedBy,
    occurredAt: event.occurredAt.toISOString(),
  });
  return `id: ${event.position}\ndata: ${data}\n\n`;
}

/** Told to a viewer that missed too much. */
export const resetLines = 'event: reset\ndata: {}\n\n';

export function parsePosition(id: string): number {
  if (!/^\d{1,15}$/.test(id)) {
    throw new AndonError({
      code: 'platform.invalid-last-event-id',
      message: 'Last-Event-ID is not an id of this stream.',
      nextStep: 'Connect without it.',
      field: 'Last-Event-ID',
      status: 422,
    });
  }
  return Number(id);
}
