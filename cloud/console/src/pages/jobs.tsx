import { Button, Group, Paper, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Job, jobQueries } from '../api/jobs.ts';
import { queries } from '../api/queries.ts';
import { JobBadge, JobProgressBar } from '../components/job-badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';

export function JobsPage() {
  const { t } = useTranslation();
  const [shown, setShown] = useState('all');
  const session = useQuery(queries.session());
  const jobs = useInfiniteQuery(jobQueries.pages(shown === 'all' ? {} : { state: shown }));
  return (
    <>
      <PageTitle title={t('jobs.title')} sub={t('jobs.intro')}>
        <SegmentedControl
          value={shown}
          onChange={setShown}
          data={['all', 'running', 'awaiting-approval'].map((value) => ({
            value,
            label: value === 'all' ? t('common.all') : t(`jobs.is.${value}`),
          }))}
        />
        {session.data?.user.permissions.includes('jobs:write') && (
          <Button component={Link} to="/jobs/new" leftSection={<IconPlus size={16} />} data-testid="new-job">
            {t('jobs.add')}
          </Button>
        )}
      </PageTitle>
      <Paper withBorder p="md">
        <Paged query={jobs} empty={<Empty title={t('jobs.empty')} text={t('jobs.emptyText')} />}>
          {(items) => <JobTable items={items} />}
        </Paged>
      </Paper>
    </>
  );
}

function JobTable({ items }: { items: Job[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <WideTable minWidth={620} verticalSpacing="xs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('jobs.job')}</Table.Th>
          <Table.Th>{t('jobs.state')}</Table.Th>
          <Table.Th>{t('jobs.progress')}</Table.Th>
          <Table.Th>{t('jobs.made')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((job) => (
          <Table.Tr
            key={job.id}
            className="clickable-row"
            data-testid="job-row"
            onClick={() => void navigate({ to: '/jobs/$jobId', params: { jobId: job.id } })}
          >
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              <Link to="/jobs/$jobId" params={{ jobId: job.id }}>
                <Text size="sm" fw={600}>
                  {job.name}
                </Text>
              </Link>
              <Text size="xs" c="dimmed">
                {job.command}
              </Text>
            </Table.Td>
            <Table.Td>
              <JobBadge state={job.state} />
            </Table.Td>
            <Table.Td miw={160}>
              <Stack gap={4}>
                <JobProgressBar counts={job.counts} />
                <Group gap="xs">
                  <Text size="xs" c="dimmed" className="number">
                    {job.counts.succeeded + job.counts.failed + job.counts.skipped} / {job.counts.total}
                  </Text>
                  {job.counts.failed > 0 && (
                    <Text size="xs" c="red" className="number">
                      {t('jobs.failedCount', { count: job.counts.failed })}
                    </Text>
                  )}
                </Group>
              </Stack>
            </Table.Td>
            <Table.Td>
              <TimeAgo at={job.createdAt} />
              <Text size="xs" c="dimmed">
                {job.createdByName}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
