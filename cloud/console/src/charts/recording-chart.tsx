import { Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { RecordingPart } from '../api/alert.ts';
import { formatValue } from '../components/format.ts';

const width = 600;
const height = 72;

interface Line {
  signal: string;
  unit: string | undefined;
  points: [number, number][];
}

/** What the device sent around an alert: a small line for each signal that is a number, on one axis of time. */
export function RecordingChart({ parts, raisedAt }: { parts: RecordingPart[]; raisedAt: string }) {
  const { t, i18n } = useTranslation();
  const from = Math.min(...parts.map((part) => Date.parse(part.from)));
  const to = Math.max(...parts.map((part) => Date.parse(part.to)));
  const x = (time: number) => ((time - from) / Math.max(1, to - from)) * width;
  const raised = x(Date.parse(raisedAt));
  const lines = linesOf(parts);
  return (
    <Stack gap="sm">
      {lines.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('recording.noValues')}
        </Text>
      )}
      {lines.map(({ signal, unit, points }) => {
        const values = points.map(([, value]) => value);
        const [least, most] = [Math.min(...values), Math.max(...values)];
        const y = (value: number) => height - 4 - ((value - least) / (most - least || 1)) * (height - 8);
        return (
          <Stack key={signal} gap={2}>
            <Group justify="space-between">
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                {signal}
              </Text>
              <Text size="xs" c="dimmed" className="number">
                {formatValue(least, unit ?? null, i18n.language)} …{' '}
                {formatValue(most, unit ?? null, i18n.language)}
              </Text>
            </Group>
            <svg
              viewBox={`0 0 ${width} ${height}`}
              preserveAspectRatio="none"
              width="100%"
              height={height}
              role="img"
              aria-label={signal}
              data-testid="recorded-signal"
            >
              <line x1={raised} x2={raised} y1={0} y2={height} className="recording-raised" />
              <polyline
                points={points
                  .map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`)
                  .join(' ')}
                className="recording-line"
                vectorEffect="non-scaling-stroke"
              />
            </svg>
          </Stack>
        );
      })}
      {missingOf(parts).map((missing) => (
        <Text key={missing} size="sm" c="dimmed">
          {missing === 'cutOff' || missing === 'cutShort' || missing === 'valuesTruncated'
            ? t(`recording.${missing}`)
            : missing}
        </Text>
      ))}
    </Stack>
  );
}

const wordsOfReasons: Record<string, string> = {
  'cut off by a restart': 'cutOff',
  'cut short as too many alerts were recorded at once': 'cutShort',
};

/** Why not everything is there: words of ours, or those of a gateway that knows more reasons. */
function missingOf(parts: RecordingPart[]): string[] {
  const told = parts.flatMap(({ truncated, reason }) => {
    if (reason !== undefined) return [wordsOfReasons[reason] ?? reason];
    return truncated ? ['valuesTruncated'] : [];
  });
  return [...new Set(told)];
}

function linesOf(parts: RecordingPart[]): Line[] {
  const lines = new Map<string, Line>();
  for (const part of parts) {
    const from = Date.parse(part.from);
    for (const { signal, unit, times, values } of part.signals) {
      const line = lines.get(signal) ?? { signal, unit, points: [] };
      lines.set(signal, line);
      for (const [index, time] of times.entries()) {
        const value = values[index];
        if (typeof value === 'number' || typeof value === 'boolean') {
          line.points.push([from + time, Number(value)]);
        }
      }
    }
  }
  return [...lines.values()]
    .filter((line) => line.points.length > 0)
    .map((line) => ({ ...line, points: line.points.sort(([one], [other]) => one - other) }));
}
