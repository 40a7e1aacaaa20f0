import { Badge, Progress, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Job } from '../api/jobs.ts';

const stateColor: Record<string, string> = {
  draft: 'gray',
  'awaiting-approval': 'orange',
  running: 'blue',
  paused: 'yellow',
  completed: 'green',
  stopped: 'red',
  cancelled: 'gray',
};

export function JobBadge({ state }: { state: string }) {
  const { t } = useTranslation();
  return (
    <Badge
      miw="max-content"
      color={stateColor[state] ?? 'gray'}
      variant="light"
      data-testid="job-state"
      data-state={state}
    >
      {t(`jobs.is.${state}`, state)}
    </Badge>
  );
}

const targetColor: Record<string, string> = {
  succeeded: 'green',
  failed: 'red',
  sent: 'blue',
  skipped: 'gray',
  waiting: 'gray',
};

export function TargetBadge({ state }: { state: string }) {
  const { t } = useTranslation();
  return (
    <Badge
      miw="max-content"
      size="sm"
      color={targetColor[state] ?? 'gray'}
      variant="light"
      data-state={state}
    >
      {t(`jobs.target.${state}`, state)}
    </Badge>
  );
}

/** How many devices are how far, as one bar. */
export function JobProgressBar({ counts, size = 'md' }: { counts: Job['counts']; size?: string }) {
  const { t } = useTranslation();
  const share = (count: number) => (counts.total === 0 ? 0 : (count / counts.total) * 100);
  return (
    <Progress.Root size={size} aria-label={t('jobs.progress')}>
      {(['succeeded', 'failed', 'sent', 'skipped'] as const)
        .filter((state) => counts[state] > 0)
        .map((state) => (
          <Tooltip key={state} label={`${t(`jobs.target.${state}`)}: ${counts[state]}`}>
            <Progress.Section value={share(counts[state])} color={targetColor[state] ?? 'gray'} />
          </Tooltip>
        ))}
    </Progress.Root>
  );
}
