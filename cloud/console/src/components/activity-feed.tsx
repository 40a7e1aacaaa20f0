import { Text, Timeline } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { LiveEvent } from '../api/types.ts';
import { Empty, Loaded } from './states.tsx';
import { TimeAgo } from './time.tsx';

const shownEvents = 14;
/** The channel of email gives no receipt, so `sent` is the last that is known there. */
const toldMessageStates = new Set(['sent', 'delivered', 'undelivered', 'failed', 'blocked', 'unknown']);
/** In between states of a command or message are on their own pages. */
const finalStates = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED', 'CANCELLED']);

const colors: Record<string, string> = {
  'alert.raised': 'red',
  'alert.escalated': 'red',
  'alert.cleared': 'green',
  'case.created': 'orange',
  'case.status-changed': 'green',
  'escalation.remedied': 'green',
  'escalation.unremedied': 'orange',
  'message.state-changed': 'grape',
};

/** What happened lately, in plain words, newest first. */
export function ActivityFeed() {
  const { t } = useTranslation();
  const events = useQuery(queries.events());
  return (
    <Loaded query={events}>
      {(page) => {
        const told = page.items.flatMap((event) => tell(event, t)).slice(0, shownEvents);
        return told.length === 0 ? (
          <Empty title={t('overview.noActivity')} />
        ) : (
          <Timeline
            bulletSize={12}
            lineWidth={2}
            active={told.length}
            className="dense"
            data-testid="activity-feed"
          >
            {told.map((entry) => (
              <Timeline.Item key={entry.id} color={entry.color}>
                <Text size="sm">{entry.text}</Text>
                <TimeAgo at={entry.at} size="xs" />
              </Timeline.Item>
            ))}
          </Timeline>
        );
      }}
    </Loaded>
  );
}

function tell(event: LiveEvent, t: TFunction): { id: number; text: string; at: string; color: string }[] {
  const payload = event.payload as Record<string, string | boolean>;
  const connection = payload.connected === true ? 'connected' : 'away';
  const key = event.type.endsWith('.connection-changed')
    ? `${event.type.split('.')[0]}.${connection}`
    : event.type;
  if (event.type === 'command.state-changed' && !finalStates.has(String(payload.to))) {
    return [];
  }
  if (
    event.type === 'message.state-changed' &&
    !toldMessageStates.has(payload.channel === 'sms' && payload.state === 'sent' ? '' : String(payload.state))
  ) {
    return [];
  }
  const text = t(`event.${key.replaceAll('.', '·')}`, {
    ...payload,
    device: payload.deviceId,
    gateway: payload.gatewayId,
    channel: payload.channel === 'sms' ? 'SMS' : 'Email',
    to: t(`commandState.${payload.to}`, t(`cases.${payload.to}`, String(payload.to ?? ''))),
    state: t(`messageState.${payload.state}`, String(payload.state ?? '')),
    defaultValue: '',
  });
  return text === ''
    ? []
    : [{ id: event.id, text, at: event.occurredAt, color: colors[event.type] ?? 'steel' }];
}
