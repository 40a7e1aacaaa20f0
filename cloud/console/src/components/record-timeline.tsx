import { Text, Timeline } from '@mantine/core';
import type { TimelineEntry } from '../api/types.ts';
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

/** What happened to a record, newest first. */
export function RecordTimeline({ entries, testId }: { entries: readonly TimelineEntry[]; testId: string }) {
  return (
    <Timeline bulletSize={12} lineWidth={2} active={entries.length} className="dense" data-testid={testId}>
      {entries.map((entry) => (
        <Timeline.Item
          key={`${entry.at} ${entry.kind} ${entry.title} ${entry.detail}`}
          color={kindColor[entry.kind.split('.')[0] ?? ''] ?? 'gray'}
          title={
            <Text size="sm" fw={600}>
              {entry.title}
            </Text>
          }
        >
          {entry.detail && (
            <Text size="sm" className="preformatted">
              {entry.detail}
            </Text>
          )}
          <TimeAgo at={entry.at} size="xs" />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}
