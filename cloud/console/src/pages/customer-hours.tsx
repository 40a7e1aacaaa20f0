import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type CustomerHours, commandQueries, useKeepHours } from '../api/commands.ts';
import { useMay } from '../components/may.ts';
import { Panel } from '../components/panel.tsx';
import { Loaded, Trouble } from '../components/states.tsx';
import { ownTimeZone, spansText, timeZones, WeeklyHoursEditor } from '../components/weekly-hours.tsx';

/** When jobs may touch the machines of a customer, or of one of its sites. `withoutAny`: what holds without hours. */
export function HoursPanel({ owner, withoutAny }: { owner: string; withoutAny: string }) {
  const { t, i18n } = useTranslation();
  const hours = useQuery(commandQueries.hours(owner));
  const [editing, setEditing] = useState(false);
  const mayWrite = useMay('accounts:write');
  return (
    <Panel
      title={t('jobs.customerHours')}
      side={
        !editing &&
        mayWrite && (
          <Button size="xs" variant="default" onClick={() => setEditing(true)} data-testid="edit-hours">
            {t('customers.edit')}
          </Button>
        )
      }
    >
      <Loaded query={hours}>
        {(kept) =>
          editing ? (
            <HoursForm owner={owner} kept={kept} onDone={() => setEditing(false)} />
          ) : (
            <Text size="sm" {...(kept.weekly.length === 0 ? { c: 'dimmed' } : {})}>
              {kept.weekly.length === 0
                ? withoutAny
                : `${spansText(kept.weekly, i18n.language)} (${kept.timeZone})`}
            </Text>
          )
        }
      </Loaded>
    </Panel>
  );
}

function HoursForm({ owner, kept, onDone }: { owner: string; kept: CustomerHours; onDone: () => void }) {
  const { t } = useTranslation();
  const keep = useKeepHours(owner);
  const [hours, setHours] = useState<CustomerHours>(
    kept.weekly.length === 0 ? { timeZone: ownTimeZone(), weekly: [] } : kept,
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate(hours, { onSuccess: onDone });
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t('jobs.customerHoursHint')}
        </Text>
        <WeeklyHoursEditor spans={hours.weekly} change={(weekly) => setHours({ ...hours, weekly })} />
        <Select
          label={t('jobs.timeZone')}
          searchable
          allowDeselect={false}
          limit={50}
          data={timeZones()}
          value={hours.timeZone}
          onChange={(timeZone) => setHours({ ...hours, timeZone: timeZone ?? hours.timeZone })}
        />
        {keep.error && <Trouble error={keep.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={keep.isPending}>
            {t('customers.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
