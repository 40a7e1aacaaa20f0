import { Alert, Grid, Group, Paper, SegmentedControl, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Job, type JobTarget, jobQueries } from '../api/jobs.ts';
import { queries } from '../api/queries.ts';
import { commandReasonInWords } from '../components/command-reason.ts';
import { JobBadge, JobProgressBar, TargetBadge } from '../components/job-badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Panel } from '../components/panel.tsx';
import { RetryCommand } from '../components/retry-command.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';
import { JobFacts } from './job-facts.tsx';
import { JobSteps } from './job-steps.tsx';

const looksMilliseconds = 2000;

export function JobPage() {
  const { jobId } = useParams({ strict: false });
  const job = useQuery({ ...jobQueries.one(jobId ?? ''), refetchInterval: looksMilliseconds });
  return <Loaded query={job}>{(found) => <JobView job={found} />}</Loaded>;
}

function JobView({ job }: { job: Job }) {
  const { t } = useTranslation();
  return (
    <>
      <PageTitle
        title={job.name}
        sub={
          <Group gap="xs">
            <JobBadge state={job.state} />
            <Text size="sm" component="span">
              {job.command}
            </Text>
          </Group>
        }
      >
        <JobSteps job={job} />
      </PageTitle>
      <Stack>
        {job.reason && (
          <Alert color={job.state === 'stopped' ? 'red' : 'gray'} data-testid="job-reason">
            {commandReasonInWords(job.reason, t)}
          </Alert>
        )}
        {job.state === 'draft' && job.destructive && (
          <Alert color="orange" data-testid="job-destructive">
            {t('jobs.destructiveText')}
          </Alert>
        )}
        {job.state === 'awaiting-approval' && <Alert color="orange">{t('jobs.awaitingText')}</Alert>}
        <Grid>
          <Grid.Col span={{ base: 12, lg: 8 }}>
            <Stack>
              {job.counts.total > 0 && <Progress job={job} />}
              <Targets job={job} />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 4 }}>
            <Panel title={t('jobs.what')}>
              <JobFacts job={job} />
            </Panel>
          </Grid.Col>
        </Grid>
      </Stack>
    </>
  );
}

const shownCounts = ['waiting', 'sent', 'succeeded', 'failed', 'skipped'] as const;

function Progress({ job }: { job: Job }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('jobs.progress')}>
      <Stack gap="sm">
        <JobProgressBar counts={job.counts} size="xl" />
        <SimpleGrid cols={{ base: 3, sm: 5 }}>
          {shownCounts.map((state) => (
            <Stack key={state} gap={0}>
              <Text size="xl" fw={600} className="number" data-testid={`count-${state}`}>
                {job.counts[state]}
              </Text>
              <Text size="xs" c="dimmed">
                {t(`jobs.target.${state}`)}
              </Text>
            </Stack>
          ))}
        </SimpleGrid>
      </Stack>
    </Panel>
  );
}

function Targets({ job }: { job: Job }) {
  const { t } = useTranslation();
  const [state, setState] = useState('all');
  const targets = useInfiniteQuery({
    ...jobQueries.targets(job.id, state === 'all' ? {} : { state }),
    refetchInterval: looksMilliseconds,
  });
  if (job.counts.total === 0) {
    return (
      <Paper withBorder p="md">
        <Empty title={t('jobs.noTargets')} text={t('jobs.noTargetsText')} />
      </Paper>
    );
  }
  return (
    <Panel
      title={t('jobs.devices')}
      side={
        <SegmentedControl
          size="xs"
          value={state}
          onChange={setState}
          data={['all', 'waiting', 'failed'].map((value) => ({
            value,
            label: value === 'all' ? t('common.all') : t(`jobs.target.${value}`),
          }))}
        />
      }
    >
      <Paged query={targets} empty={<Empty title={t('jobs.noSuchTargets')} />}>
        {(items) => (
          <WideTable minWidth={520} verticalSpacing="xs">
            <Table.Tbody>
              {items.map((target) => (
                <TargetRow key={target.deviceId} jobId={job.id} target={target} />
              ))}
            </Table.Tbody>
          </WideTable>
        )}
      </Paged>
    </Panel>
  );
}

function TargetRow({ jobId, target }: { jobId: string; target: JobTarget }) {
  const { t } = useTranslation();
  const session = useQuery(queries.session());
  const { commandId } = target;
  const mayRetry = session.data?.user.permissions.includes('commands:send');
  return (
    <Table.Tr data-testid="job-target">
      <Table.Td>
        <Link to="/devices/$deviceId" params={{ deviceId: target.deviceId }}>
          <Text size="sm">{target.deviceName}</Text>
        </Link>
      </Table.Td>
      <Table.Td>
        <TargetBadge state={target.state} />
        {target.reason && (
          <Text size="xs" mt={2} style={{ overflowWrap: 'anywhere' }}>
            {t(`jobs.hold.${target.reason}`, commandReasonInWords(target.reason, t))}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{target.sentAt && <TimeAgo at={target.endedAt ?? target.sentAt} />}</Table.Td>
      <Table.Td>
        {target.state === 'failed' && commandId !== null && mayRetry && (
          <RetryCommand
            commandId={commandId}
            deviceId={target.deviceId}
            jobId={jobId}
            testId="retry-target"
          />
        )}
      </Table.Td>
    </Table.Tr>
  );
}
