import {
  ActionIcon,
  Button,
  Chip,
  Group,
  Paper,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import { Part } from './rule-part.tsx';
import { weekdayName, weekdays } from './rule-time.ts';

type Schedule = NonNullable<AlertRule['schedule']>;
type Period = Schedule['periods'][number];

const periodsMax = 20;
const timeOfDay = '([01][0-9]|2[0-3]):[0-5][0-9]';
const timeOrMidnight = `${timeOfDay}|24:00`;
const zones = () => Intl.supportedValuesOf('timeZone');

const shifts = (): Period => ({ days: weekdays.slice(0, 5), from: '06:00', to: '22:00' });
const newSchedule = (): Schedule => ({
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  periods: [shifts()],
});

/** The hours in which a rule is in force; always, where there is no schedule. */
export function ScheduleFields(props: {
  schedule: Schedule | undefined;
  change: (schedule: Schedule | undefined) => void;
}) {
  const { t } = useTranslation();
  const { schedule, change } = props;
  return (
    <Part title={t('rules.more.part.schedule')} hint={t('rules.more.scheduleHint')}>
      <Switch
        label={t('rules.more.scheduleOn')}
        checked={schedule !== undefined}
        onChange={(event) => change(event.currentTarget.checked ? newSchedule() : undefined)}
      />
      {schedule && <Hours schedule={schedule} change={change} />}
    </Part>
  );
}

function Hours({ schedule, change }: { schedule: Schedule; change: (schedule: Schedule) => void }) {
  const { t } = useTranslation();
  const { timeZone, periods } = schedule;
  const set = (changed: Period[]) => change({ ...schedule, periods: changed });
  return (
    <Stack gap="xs" align="flex-start">
      <Select
        label={t('rules.more.timeZone')}
        searchable
        required
        allowDeselect={false}
        limit={100}
        data={[...new Set([...zones(), 'UTC', timeZone])]}
        value={timeZone}
        onChange={(chosen) => change({ ...schedule, timeZone: chosen ?? timeZone })}
      />
      {periods.map((period, index) => (
        <PeriodFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a period has no name
          key={index}
          period={period}
          change={(changed) => set(periods.map((one, at) => (at === index ? changed : one)))}
          {...(periods.length > 1 ? { remove: () => set(periods.filter((_, at) => at !== index)) } : {})}
        />
      ))}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} />}
        disabled={periods.length >= periodsMax}
        onClick={() => set([...periods, shifts()])}
      >
        {t('rules.more.addPeriod')}
      </Button>
    </Stack>
  );
}

function PeriodFields(props: { period: Period; change: (period: Period) => void; remove?: () => void }) {
  const { t, i18n } = useTranslation();
  const { period, change, remove } = props;
  const { days, from, to } = period;
  return (
    <Paper withBorder p="xs" role="group" aria-label={t('rules.more.period')}>
      <Stack gap="xs">
        <Chip.Group
          multiple
          value={days}
          onChange={(chosen) => change({ ...period, days: weekdays.filter((day) => chosen.includes(day)) })}
        >
          <Group gap={4}>
            {weekdays.map((day) => (
              <Chip key={day} value={day} size="xs">
                {weekdayName(day, i18n.language)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        {days.length === 0 && (
          <Text size="xs" c="red" role="alert">
            {t('rules.more.noDays')}
          </Text>
        )}
        <Group gap="xs" align="flex-start" wrap="nowrap">
          <TimeField
            label={t('rules.more.from')}
            pattern={timeOfDay}
            value={from}
            change={(time) => change({ ...period, from: time })}
          />
          <TimeField
            label={t('rules.more.to')}
            pattern={timeOrMidnight}
            value={to}
            change={(time) => change({ ...period, to: time })}
          />
          {remove && (
            <ActionIcon
              mt={28}
              variant="subtle"
              color="gray"
              aria-label={t('rules.more.removePeriod')}
              onClick={remove}
            >
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </Group>
        {to <= from && (
          <Text size="xs" c="dimmed">
            {t('rules.more.overnight')}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

/** A time of day on 24 hours, in every language: `<input type="time">` knows no 24:00. */
function TimeField(props: { label: string; pattern: string; value: string; change: (time: string) => void }) {
  const { t } = useTranslation();
  const { label, pattern, value, change } = props;
  const isWrong = value !== '' && !new RegExp(`^(?:${pattern})$`).test(value);
  return (
    <TextInput
      maw={130}
      label={label}
      required
      placeholder="06:00"
      maxLength={5}
      pattern={pattern}
      error={isWrong && t('rules.more.noTime')}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
