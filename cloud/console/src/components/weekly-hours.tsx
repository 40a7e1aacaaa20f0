import { ActionIcon, Button, Chip, Group, Stack, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WeeklySpan } from '../api/commands.ts';

const week = [1, 2, 3, 4, 5, 6, 7];

/** Mon, Tue … in the console's language; 1 is Monday. */
export function dayName(day: number, language: string): string {
  // The first of January 2024 was a Monday.
  return new Date(Date.UTC(2024, 0, day)).toLocaleDateString(language, { weekday: 'short', timeZone: 'UTC' });
}

export function spansText(spans: readonly WeeklySpan[], language: string): string {
  return spans
    .map(({ days, from, until }) => {
      const names = days.length === 7 ? '' : `${days.map((day) => dayName(day, language)).join(', ')} `;
      return `${names}${from}–${until}`;
    })
    .join('; ');
}

/** Hours that come every week. */
export function WeeklyHoursEditor({
  spans,
  change,
}: {
  spans: WeeklySpan[];
  change: (spans: WeeklySpan[]) => void;
}) {
  const { t, i18n } = useTranslation();
  const set = (index: number, span: WeeklySpan) =>
    change(spans.map((one, at) => (at === index ? span : one)));
  return (
    <Stack gap="xs">
      {spans.map((span, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two spans may be equal while they are edited
        <Group key={index} gap="xs" align="center">
          <Chip.Group
            multiple
            value={span.days.map(String)}
            onChange={(days) => days.length > 0 && set(index, { ...span, days: days.map(Number).sort() })}
          >
            <Group gap={4}>
              {week.map((day) => (
                <Chip key={day} value={String(day)} size="xs">
                  {dayName(day, i18n.language)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <TextInput
            type="time"
            size="xs"
            aria-label={t('jobs.from')}
            required
            value={span.from}
            onChange={(event) => set(index, { ...span, from: event.currentTarget.value })}
          />
          –
          <TextInput
            type="time"
            size="xs"
            aria-label={t('jobs.until')}
            required
            value={span.until === '24:00' ? '00:00' : span.until}
            onChange={(event) => set(index, { ...span, until: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('jobs.removeHours')}
            onClick={() => change(spans.filter((_one, at) => at !== index))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => change([...spans, { days: [1, 2, 3, 4, 5], from: '08:00', until: '17:00' }])}
        >
          {t('jobs.addHours')}
        </Button>
      </Group>
    </Stack>
  );
}

/** The time zones that the browser knows. */
export const timeZones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')];
export const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
