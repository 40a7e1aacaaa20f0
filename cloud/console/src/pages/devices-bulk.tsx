import { Badge, Button, Group, Progress, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type RegistrationJob, registryQueries, useCancelJob, useStartJob } from '../api/registry.ts';
import { LineTable } from '../components/line-table.tsx';
import { useMay } from '../components/may.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TableField } from '../components/table-field.tsx';
import { TimeAgo } from '../components/time.tsx';

const example = [
  'deviceId,categoryId,gatewayId,account,assetNumber,assetName,tags,timeZone',
  'press-7,press,line-1,Ridgeway Foods,R-7,Press seven,hall 3;pilot,Europe/London',
].join('\n');

/** Many devices at once: a table in, a result for each row out. */
export function DevicesBulkPage() {
  const { t } = useTranslation();
  const jobs = useQuery(registryQueries.jobs());
  const mayWrite = useMay('devices:write');
  const [chosen, setChosen] = useState<string>();
  return (
    <>
      <PageTitle title={t('registry.bulk')} sub={t('registry.bulkIntro')} />
      <Stack>
        {mayWrite && <StartPanel onStarted={setChosen} />}
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
        <TableField
          table={table}
          setTable={setTable}
          description={t('registry.tableHint')}
          placeholder={example}
          error={start.error}
        >
          <Button type="submit" loading={start.isPending}>
            {t('registry.startJob')}
          </Button>
        </TableField>
      </form>
    </Panel>
  );
}

function JobPanel(props: { job: RegistrationJob; opened: boolean; open: () => void }) {
  const { t } = useTranslation();
  const { job } = props;
  const cancel = useCancelJob();
  const mayWrite = useMay('devices:write');
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
            {job.state === 'running' && mayWrite && (
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
  const mayWrite = useMay('devices:write');
  const [state, setState] = useState('');
  const rows = useInfiniteQuery(registryQueries.jobRows(job, state === '' ? undefined : state));
  return (
    <>
      {job.failed > 0 && mayWrite && (
        <Stack gap={4} align="flex-start">
          <Button
            component="a"
            href={`/v1/device-registration-jobs/${job.id}/mistakes`}
            download="devices-to-mend.csv"
            size="xs"
            variant="default"
            leftSection={<IconDownload size={14} />}
          >
            {t('registration.mend')}
          </Button>
          <Text size="xs" c="dimmed">
            {t('registration.mendHint')}
          </Text>
        </Stack>
      )}
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
          <LineTable
            subject={t('registration.device')}
            testId="job-row"
            lines={items.map((row) => ({
              key: String(row.number),
              line: row.line ?? row.number,
              subject: row.deviceId,
              result: t(`registry.row_${row.state}`),
              color: stateColor[row.state],
              field: row.field,
              reason: row.message,
            }))}
          />
        )}
      </Paged>
    </>
  );
}
