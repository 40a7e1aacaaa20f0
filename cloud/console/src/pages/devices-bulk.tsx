import {
  Alert,
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
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type RegistrationJob, registryQueries, useCancelJob, useStartJob } from '../api/registry.ts';
import { useMay } from '../components/may.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { readTableFile } from '../components/table-file.ts';
import { TimeAgo } from '../components/time.tsx';
import { forPeople } from '../components/told.ts';
import { WideTable } from '../components/wide-table.tsx';

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
  const [unreadable, setUnreadable] = useState<File>();
  const read = async (file: File, encoding?: 'windows-1252') => {
    const text = await readTableFile(file, encoding);
    setUnreadable(text === undefined ? file : undefined);
    setTable(text ?? '');
  };
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
          {unreadable && (
            <Alert color="orange" title={t('registration.notUtf8')} role="alert">
              <Stack gap="xs" align="flex-start">
                <Text size="sm">{t('registration.notUtf8Text')}</Text>
                <Button size="xs" variant="default" onClick={() => void read(unreadable, 'windows-1252')}>
                  {t('registration.readAsWindows')}
                </Button>
              </Stack>
            </Alert>
          )}
          {start.error && <Trouble error={start.error} />}
          <Group justify="flex-end">
            <FileButton accept=".csv,text/csv,text/plain" onChange={(file) => void (file && read(file))}>
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
          <WideTable verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                {(['line', 'device', 'state', 'field', 'reason'] as const).map((column) => (
                  <Table.Th key={column}>{t(`registration.${column}`)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((row) => (
                <Table.Tr key={row.number} data-testid="job-row">
                  <Table.Td>{row.line ?? row.number}</Table.Td>
                  <Table.Td>{row.deviceId}</Table.Td>
                  <Table.Td>
                    <Badge size="sm" variant="light" miw="max-content" color={stateColor[row.state]}>
                      {t(`registry.row_${row.state}`)}
                    </Badge>
                  </Table.Td>
                  <Table.Td>{row.field}</Table.Td>
                  <Table.Td>
                    <Text size="sm" miw={160}>
                      {row.message && forPeople(row.message)}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </WideTable>
        )}
      </Paged>
    </>
  );
}
