import {
  Badge,
  Button,
  FileButton,
  Group,
  Progress,
  SegmentedControl,
  Stack,
  Table,
  Text,
  Textarea,
} from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type RegistrationJob, registryQueries, useCancelJob, useStartJob } from '../api/registry.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

const example = [
  'deviceId,categoryId,gatewayId,account,assetNumber,assetName,tags,timeZone',
  'press-7,press,line-1,Ridgeway Foods,R-7,Press seven,hall 3;pilot,Europe/London',
].join('\n');

/** Many devices at once: a table in, a result for each row out. */
export function DevicesBulkPage() {
  const { t } = useTranslation();
  const jobs = useQuery(registryQueries.jobs());
  const [chosen, setChosen] = useState<string>();
  return (
    <>
      <PageTitle title={t('registry.bulk')} sub={t('registry.bulkIntro')} />
      <Stack>
        <StartPanel onStarted={setChosen} />
        <Loaded query={jobs}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t('registry.noJobs')} />
            ) : (
              items.map((job, index) => (
                <JobPanel
                  key={job.id}
                  job={job}
                  opened={job.id === (chosen ?? items[0]?.id) || index === 0}
                  open={() => setChosen(job.id)}
                />
              ))
            )
          }
        </Loaded>
      </Stack>
    </>
  );
}

function StartPanel({ onStarted }: { onStarted: (id: string) => void }) {
  const { t } = useTranslation();
  const start = useStartJob();
  const [table, setTable] = useState('');
  return (
    <Panel title={t('registry.table')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate(table, {
            onSuccess: ({ id }) => {
              onStarted(id);
              setTable('');
            },
          });
        }}
      >
        <Stack gap="sm">
          <Textarea
            aria-label={t('registry.table')}
            description={t('registry.tableHint')}
            placeholder={example}
            autosize
            minRows={4}
            maxRows={14}
            required
            value={table}
            onChange={(event) => setTable(event.currentTarget.value)}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          />
          {start.error && <Trouble error={start.error} />}
          <Group justify="flex-end">
            <FileButton
              accept=".csv,text/csv,text/plain"
              onChange={(file) => void file?.text().then(setTable)}
            >
              {(props) => (
                <Button variant="default" {...props}>
                  {t('registry.chooseFile')}
                </Button>
              )}
            </FileButton>
            <Button type="submit" loading={start.isPending}>
              {t('registry.startJob')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function JobPanel(props: { job: RegistrationJob; opened: boolean; open: () => void }) {
  const { t } = useTranslation();
  const { job } = props;
  const cancel = useCancelJob();
  const share = (count: number) => (100 * count) / job.total;
  return (
    <Panel
      title={
        <Group gap="xs">
          {t('registry.jobTitle', { count: job.total })}
          <Badge variant="light" data-testid="job-state" data-state={job.state}>
            {t(`registry.job_${job.state}`)}
          </Badge>
        </Group>
      }
      side={<TimeAgo at={job.createdAt} />}
    >
      <Stack gap="xs">
        <Progress.Root size="lg" aria-label={t('registry.progress')}>
          <Progress.Section value={share(job.succeeded)} color="green" />
          <Progress.Section value={share(job.failed)} color="red" />
        </Progress.Root>
        <Group justify="space-between">
          <Text size="sm">
            {t('registry.jobCounts', { succeeded: job.succeeded, failed: job.failed, total: job.total })}
          </Text>
          <Group gap="xs">
            {job.state === 'running' && (
              <Button
                size="xs"
                variant="default"
                loading={cancel.isPending}
                onClick={() => cancel.mutate(job.id)}
              >
                {t('registry.stopJob')}
              </Button>
            )}
            {!props.opened && (
              <Button size="xs" variant="subtle" onClick={props.open}>
                {t('registry.showRows')}
              </Button>
            )}
          </Group>
        </Group>
        {props.opened && <Rows job={job} />}
      </Stack>
    </Panel>
  );
}

const stateColor = { waiting: 'gray', succeeded: 'green', failed: 'red', cancelled: 'gray' } as const;

function Rows({ job }: { job: RegistrationJob }) {
  const { t } = useTranslation();
  const [state, setState] = useState('');
  const rows = useInfiniteQuery(registryQueries.jobRows(job, state === '' ? undefined : state));
  return (
    <>
      <SegmentedControl
        size="xs"
        w="max-content"
        value={state}
        onChange={setState}
        data={[
          { value: '', label: t('common.all') },
          { value: 'failed', label: t('registry.row_failed') },
          { value: 'succeeded', label: t('registry.row_succeeded') },
        ]}
      />
      <Paged query={rows} empty={<Empty title={t('registry.noRows')} />}>
        {(items) => (
          <Table verticalSpacing={4}>
            <Table.Tbody>
              {items.map((row) => (
                <Table.Tr key={row.number} data-testid="job-row">
                  <Table.Td w={60}>{row.number}</Table.Td>
                  <Table.Td>{row.deviceId}</Table.Td>
                  <Table.Td>
                    <Badge size="sm" variant="light" miw="max-content" color={stateColor[row.state]}>
                      {t(`registry.row_${row.state}`)}
                    </Badge>
                  </Table.Td>
                  <Table.Td>
                    <Text size="sm">
                      {row.field && `${row.field}: `}
                      {row.message}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Paged>
    </>
  );
}
