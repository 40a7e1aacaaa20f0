import {
  Anchor,
  Group,
  Paper,
  Progress,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Table,
  Text,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type RemoteFixFigures,
  type RemoteFixFilter,
  type RemoteFixItem,
  remoteFixes,
  remoteFixesTable,
} from '../api/insights.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { WideTable } from '../components/wide-table.tsx';

const periods = [7, 30, 90, 365];
const millisecondsPerDay = 86_400_000;
const groupings = ['kind', 'command', 'day'] as const;

/** How an alert can have ended, and the colour that stands for it. */
const outcomes = [
  ['fixedRemotely', 'teal'],
  ['fixedOtherwise', 'cyan'],
  ['toPeople', 'orange'],
  ['givenUp', 'red'],
  ['underWay', 'blue'],
  ['byThemselves', 'gray'],
  ['untouched', 'dark'],
] as const satisfies readonly (readonly [keyof RemoteFixFigures, string])[];

/** How many alerts were fixed from afar, and by what. */
export function RemoteFixesPage() {
  const { t } = useTranslation();
  const [days, setDays] = useState(30);
  const [groupBy, setGroupBy] = useState<RemoteFixFilter['groupBy']>('kind');
  // One beginning for as long as the period is looked at, or each look would be a question of its own.
  const from = useMemo(() => new Date(Date.now() - days * millisecondsPerDay).toISOString(), [days]);
  const filter = { from, groupBy };
  const report = useQuery(remoteFixes(filter));
  return (
    <>
      <PageTitle title={t('reports.title')} sub={t('reports.intro')} />
      <Stack>
        <Group justify="space-between">
          <Select
            w={190}
            aria-label={t('reports.period')}
            allowDeselect={false}
            data={periods.map((count) => ({ value: `${count}`, label: t('reports.days', { count }) }))}
            value={`${days}`}
            onChange={(value) => setDays(Number(value ?? days))}
          />
          <SegmentedControl
            data={groupings.map((value) => ({ value, label: t(`reports.by.${value}`) }))}
            value={groupBy}
            onChange={(value) => setGroupBy(groupings.find((one) => one === value) ?? 'kind')}
          />
        </Group>
        <Loaded query={report}>
          {({ total, items }) =>
            total.alerts === 0 ? (
              <Empty title={t('reports.empty')} text={t('reports.emptyText')} />
            ) : (
              <Stack>
                <Totals total={total} />
                <Panel
                  title={t(`reports.by.${groupBy}`)}
                  side={
                    <Anchor href={remoteFixesTable(filter)} download size="sm">
                      {t('reports.table')}
                    </Anchor>
                  }
                >
                  {items.length === 0 ? (
                    <Text size="sm" c="dimmed">
                      {t('reports.noneTried')}
                    </Text>
                  ) : (
                    <Items items={items} groupBy={groupBy} />
                  )}
                </Panel>
              </Stack>
            )
          }
        </Loaded>
      </Stack>
    </>
  );
}

const percent = (share: number | null): string => (share === null ? '–' : `${Math.round(share * 100)} %`);

function Totals({ total }: { total: RemoteFixFigures }) {
  const { t } = useTranslation();
  const figures = [
    ['alerts', `${total.alerts}`],
    ['fixedRemotely', `${total.fixedRemotely}`],
    ['shareOfAlerts', percent(total.shareOfAlerts)],
    ['shareOfTried', percent(total.shareOfTried)],
  ];
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        {figures.map(([name, value]) => (
          <Paper key={name} withBorder p="md" data-testid={`total-${name}`}>
            <Text size="sm" c="dimmed">
              {t(`reports.${name}`)}
            </Text>
            <Text fz={28} fw={700}>
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
      <OutcomeBar figures={total} size={22} />
      <Legend figures={total} />
    </Stack>
  );
}

/** One bar, whose parts are how the alerts ended. */
function OutcomeBar({ figures, size }: { figures: RemoteFixFigures; size: number }) {
  const { t } = useTranslation();
  return (
    <Progress.Root size={size}>
      {outcomes
        .filter(([name]) => figures[name] > 0)
        .map(([name, color]) => (
          <Progress.Section
            key={name}
            value={(100 * figures[name]) / figures.alerts}
            color={color}
            aria-label={`${t(`reports.${name}`)}: ${figures[name]}`}
          />
        ))}
    </Progress.Root>
  );
}

function Legend({ figures }: { figures: RemoteFixFigures }) {
  const { t } = useTranslation();
  return (
    <Group gap="md">
      {outcomes
        .filter(([name]) => figures[name] > 0)
        .map(([name, color]) => (
          <Group key={name} gap={6} wrap="nowrap">
            <Paper w={10} h={10} bg={color} radius="xl" />
            <Text size="xs">
              {t(`reports.${name}`)}: {figures[name]}
            </Text>
          </Group>
        ))}
    </Group>
  );
}

function Items({ items, groupBy }: { items: RemoteFixItem[]; groupBy: RemoteFixFilter['groupBy'] }) {
  const { t } = useTranslation();
  return (
    <WideTable minWidth={640} verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t(`reports.of.${groupBy}`)}</Table.Th>
          {groupBy === 'command' && <Table.Th ta="right">{t('reports.sent')}</Table.Th>}
          <Table.Th ta="right">{t('reports.alerts')}</Table.Th>
          <Table.Th ta="right">{t('reports.fixedRemotely')}</Table.Th>
          <Table.Th ta="right">{t('reports.shareOfAlerts')}</Table.Th>
          <Table.Th w="35%">{t('reports.outcomes')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((item) => (
          <Table.Tr key={keyOf(item)}>
            <Table.Td>{nameOf(item)}</Table.Td>
            {groupBy === 'command' && <Table.Td ta="right">{item.sent}</Table.Td>}
            <Table.Td ta="right">{item.alerts}</Table.Td>
            <Table.Td ta="right">{item.fixedRemotely}</Table.Td>
            <Table.Td ta="right">{percent(item.shareOfAlerts)}</Table.Td>
            <Table.Td>
              <OutcomeBar figures={item} size={14} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

const keyOf = ({ categoryId, rule, errorCode, command, day }: RemoteFixItem): string =>
  [categoryId, rule, errorCode, command, day].join(' ');

function nameOf({ categoryId, rule, errorCode, command, day }: RemoteFixItem): string {
  const kind = [categoryId, rule, errorCode === null ? null : `#${errorCode}`].filter(
    (part) => part !== null,
  );
  return command ?? day ?? kind.join(' · ');
}
