import { Text, Timeline } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { TimelineEntry } from '../api/types.ts';
import { commandReasonInWords } from './command-reason.ts';
import { TimeAgo } from './time.tsx';

const kindColor: Record<string, string> = {
  alert: 'red',
  command: 'blue',
  escalation: 'orange',
  case: 'green',
  message: 'grape',
  note: 'gray',
  status: 'green',
  task: 'blue',
  photo: 'grape',
  'work-order': 'teal',
};

const statusStep = /^(\S+) → (\S+?)(?: \((\S+)\))?$/;

/** A change of status in the words of the console's language; the other titles are sentences already. */
function titleOf({ kind, title }: TimelineEntry, t: TFunction): string {
  const step = kind === 'status' ? statusStep.exec(title) : null;
  if (step === null) {
    return title;
  }
  const [, from = '', to = '', reason] = step;
  const word = (status: string) => t(`cases.${status}`, t(`workOrders.is.${status}`, status));
  const why = reason === undefined ? '' : `: ${t(`statusReason.${reason}`, reason)}`;
  return `${word(from)} → ${word(to)}${why}`;
}

/** What happened to a record, newest first. */
export function RecordTimeline({ entries, testId }: { entries: readonly TimelineEntry[]; testId: string }) {
  const { t } = useTranslation();
  return (
    <Timeline bulletSize={12} lineWidth={2} active={entries.length} className="dense" data-testid={testId}>
      {entries.map((entry) => (
        <Timeline.Item
          key={`${entry.at} ${entry.kind} ${entry.title} ${entry.detail}`}
          color={kindColor[entry.kind.split('.')[0] ?? ''] ?? 'gray'}
          title={
            <Text size="sm" fw={600}>
              {titleOf(entry, t)}
            </Text>
          }
        >
          {entry.detail && (
            <Text size="sm" className="preformatted">
              {entry.kind === 'command' ? commandReasonInWords(entry.detail, t) : entry.detail}
            </Text>
          )}
          <TimeAgo at={entry.at} size="xs" />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}
