import { Group, SegmentedControl, Select, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { Device } from '../api/types.ts';
import { type DrawnLimit, ReadingChart } from '../charts/reading-chart.tsx';
import { formatValue } from '../components/format.ts';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

const minute = 60_000;
const spans: Record<string, number> = {
  '5m': 5 * minute,
  '1h': 60 * minute,
  '24h': 1440 * minute,
  '30d': 43_200 * minute,
};

/** So many losses are told under the chart. */
const gapsToldMax = 3;

/** The limits of the rules on one signal, to be drawn into its chart. */
function limitsOf(device: Device, signal: string): DrawnLimit[] {
  return device.category.rules
    .filter((rule) => rule.signal === signal)
    .flatMap((rule) =>
      Object.entries(rule.limits ?? {}).map(([name, limit]) => ({ name: name.toUpperCase(), limit })),
    );
}

/** The signal that a person came for: the first that has a limit, else the first that was heard. */
function firstSignal(device: Device, heard: string[]): string | undefined {
  return (
    device.category.rules.find((rule) => rule.limits)?.signal ?? device.category.signals[0]?.name ?? heard[0]
  );
}

export function ReadingsPanel({ device }: { device: Device }) {
  const { t } = useTranslation();
  const latest = useQuery(queries.latestValues(device.id));
  const heard = latest.data?.items.map((item) => item.signal) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [span, setSpan] = useState('5m');
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
            ]}
          />
        </Group>
      }
    >
      {signal === undefined ? (
        <Empty title={t('device.noValues')} />
      ) : (
        <SignalChart device={device} signal={signal} spanMilliseconds={spans[span] ?? 5 * minute} />
      )}
    </Panel>
  );
}

function SignalChart(props: { device: Device; signal: string; spanMilliseconds: number }) {
  const { t } = useTranslation();
  const readings = useQuery(queries.readings(props.device.id, props.signal, props.spanMilliseconds));
  const known = useQuery(queries.gaps(props.device.id, props.spanMilliseconds));
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
            <ReadingChart series={series} limits={limitsOf(props.device, props.signal)} gaps={gaps} />
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

export function LatestValues({ deviceId }: { deviceId: string }) {
  const { t, i18n } = useTranslation();
  const latest = useQuery(queries.latestValues(deviceId));
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
