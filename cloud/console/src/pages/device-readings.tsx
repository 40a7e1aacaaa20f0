import { Button, Group, SegmentedControl, Select, Table, Text, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { momentsQuery } from '../api/moments.ts';
import { queries, readingsTable, type TimeRange } from '../api/queries.ts';
import type { Device, LatestValue } from '../api/types.ts';
import { type DrawnLimit, ReadingChart } from '../charts/reading-chart.tsx';
import { formatValue } from '../components/format.ts';
import { Panel } from '../components/panel.tsx';
import { hasLimitsOfTheValue } from '../components/rules.ts';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

const minute = 60_000;
const spans: Record<string, number> = {
  '5m': 5 * minute,
  '1h': 60 * minute,
  '24h': 1440 * minute,
  '30d': 43_200 * minute,
  '1y': 525_600 * minute,
};

const datesSpan = 'dates';
const dayMilliseconds = 1440 * minute;

/** Local times, as the browser's inputs have them: `2013-12-02T21:15`. */
interface Dates {
  from: string;
  to: string;
}

function localTime(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * minute).toISOString().slice(0, 16);
}

/** Undefined where the dates are none, or the wrong way round. */
function rangeOf(span: string, dates: Dates): TimeRange | undefined {
  if (span !== datesSpan) {
    return { last: spans[span] ?? 5 * minute };
  }
  const [from, to] = [Date.parse(dates.from), Date.parse(dates.to)];
  return from < to ? { from, to } : undefined;
}

/** So many losses are told under the chart. */
const gapsToldMax = 3;

/** The limits of the rules on one signal, to be drawn into its chart. */
function limitsOf(device: Device, signal: string): DrawnLimit[] {
  return device.category.rules
    .filter((rule) => rule.signal === signal && hasLimitsOfTheValue(rule))
    .flatMap((rule) =>
      Object.entries(rule.limits ?? {}).map(([name, limit]) => ({ name: name.toUpperCase(), limit })),
    );
}

/** The signal that a person came for: the first that has a limit, else the first that was heard. */
function firstSignal(device: Device, heard: string[]): string | undefined {
  return (
    device.category.rules.find(hasLimitsOfTheValue)?.signal ?? device.category.signals[0]?.name ?? heard[0]
  );
}

export function ReadingsPanel({ device }: { device: Device }) {
  const { t } = useTranslation();
  const latest = useQuery(queries.latestValues(device.id));
  const heard = latest.data?.items.map((item) => item.signal) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [span, setSpan] = useState('5m');
  const [dates, setDates] = useState({
    from: localTime(Date.now() - dayMilliseconds),
    to: localTime(Date.now()),
  });
  const range = rangeOf(span, dates);
  const signal = chosen ?? firstSignal(device, heard);
  const names = [...new Set([...device.category.signals.map((item) => item.name), ...heard])];
  return (
    <Panel
      title={t('device.readings')}
      side={
        <Group gap="xs">
          <Select
            size="xs"
            w={170}
            aria-label={t('device.signal')}
            data={names}
            value={signal ?? null}
            onChange={setChosen}
            searchable
          />
          <SegmentedControl
            size="xs"
            aria-label={t('device.span')}
            value={span}
            onChange={setSpan}
            data={[
              { value: '5m', label: t('device.minutes', { count: 5 }) },
              { value: '1h', label: t('device.hours', { count: 1 }) },
              { value: '24h', label: t('device.hours', { count: 24 }) },
              { value: '30d', label: t('device.days', { count: 30 }) },
              { value: '1y', label: t('device.year') },
              { value: datesSpan, label: t('device.dates') },
            ]}
          />
        </Group>
      }
    >
      {span === datesSpan && <DateRange dates={dates} change={setDates} />}
      {signal === undefined ? (
        <Empty title={t('device.noValues')} />
      ) : range === undefined ? (
        <Empty title={t('device.badDates')} />
      ) : (
        <>
          <SignalChart device={device} signal={signal} range={range} />
          <Group justify="flex-end" mt="xs">
            <Button
              component="a"
              href={readingsTable(device.id, range)}
              download={`${device.id}.csv`}
              size="xs"
              variant="default"
              leftSection={<IconDownload size={14} />}
            >
              {t('device.download')}
            </Button>
          </Group>
        </>
      )}
    </Panel>
  );
}

function DateRange(props: { dates: Dates; change: (dates: Dates) => void }) {
  const { t } = useTranslation();
  return (
    <Group gap="xs" mb="sm">
      {(['from', 'to'] as const).map((end) => (
        <TextInput
          key={end}
          size="xs"
          type="datetime-local"
          label={t(`workOrders.${end === 'from' ? 'from' : 'until'}`)}
          value={props.dates[end]}
          onChange={(event) => props.change({ ...props.dates, [end]: event.currentTarget.value })}
        />
      ))}
    </Group>
  );
}

function SignalChart(props: { device: Device; signal: string; range: TimeRange }) {
  const { t } = useTranslation();
  const readings = useQuery(queries.readings(props.device.id, props.signal, props.range));
  const known = useQuery(queries.gaps(props.device.id, props.range));
  const happened = useQuery(momentsQuery(props.device.id, props.range));
  // Alerts of other signals are told on their own charts.
  const moments = (happened.data?.items ?? []).filter(
    ({ signal }) => signal === null || signal === props.signal,
  );
  const gaps = (known.data?.items ?? []).filter(
    ({ signals }) => signals === null || signals.includes(props.signal),
  );
  return (
    <Loaded query={readings}>
      {(series) =>
        series.buckets.length === 0 ? (
          <Empty title={t('device.noReadings')} />
        ) : (
          <>
            <ReadingChart
              series={series}
              limits={limitsOf(props.device, props.signal)}
              gaps={gaps}
              moments={moments}
            />
            {gaps.slice(0, gapsToldMax).map((gap) => (
              <Text key={gap.id} size="xs" c="dimmed">
                {t('device.gap', { count: gap.count, reason: gap.reason })}
              </Text>
            ))}
          </>
        )
      }
    </Loaded>
  );
}

const qualityColor: Record<string, string> = { BAD: 'red', UNCERTAIN: 'orange' };

/** Why a value is not good, with the range that it is to be in where it is not. */
function reasonText(device: Device, { signal, qualityReason }: LatestValue, t: TFunction): string {
  const reason = t(`refusals.quality.${qualityReason}`, qualityReason ?? '');
  const defined = device.category.signals.find(({ name }) => name === signal);
  return qualityReason === 'out-of-range' && (defined?.minimum ?? defined?.maximum) !== undefined
    ? t('refusals.range', { reason, minimum: defined?.minimum ?? '–∞', maximum: defined?.maximum ?? '∞' })
    : reason;
}

export function LatestValues({ device }: { device: Device }) {
  const { t, i18n } = useTranslation();
  const latest = useQuery(queries.latestValues(device.id));
  return (
    <Loaded query={latest}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title={t('device.noValues')} />
        ) : (
          <Table verticalSpacing={6}>
            <Table.Tbody>
              {items.map((item) => (
                <Table.Tr key={item.signal}>
                  <Table.Td pl={0}>
                    <Text size="sm">{item.signal}</Text>
                    <TimeAgo at={item.sourceTime} size="xs" />
                  </Table.Td>
                  <Table.Td className="number" ta="right" pr={0}>
                    <Text size="sm" fw={600}>
                      {formatValue(item.value, item.unit, i18n.language)}
                    </Text>
                    {item.quality !== 'GOOD' && (
                      <Text size="xs" c={qualityColor[item.quality] ?? 'red'}>
                        {item.quality}
                        {item.qualityReason !== null && `: ${reasonText(device, item, t)}`}
                      </Text>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      }
    </Loaded>
  );
}
