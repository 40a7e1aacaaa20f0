import { Badge, Button, Checkbox, Group, Modal, Paper, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type MaintenanceWindow, quietQueries, useAddWindow, useEndWindow } from '../api/alert-quiet.ts';
import {
  accountChoices,
  assetChoices,
  type Choices,
  categoryChoices,
  deviceChoices,
  gatewayChoices,
  siteChoices,
} from '../api/choices.ts';
import { queries } from '../api/queries.ts';
import { AlertsNav } from '../components/alerts-nav.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { SearchingSelect } from '../components/searching-select.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';

export function MaintenancePage() {
  const { t } = useTranslation();
  const windows = useQuery(quietQueries.windows());
  const session = useQuery(queries.session());
  const may = session.data?.user.permissions.includes('maintenance-windows:write') ?? false;
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageTitle title={t('quiet.nav_maintenance')} sub={t('quiet.maintenanceIntro')}>
        {may && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t('quiet.addWindow')}
          </Button>
        )}
      </PageTitle>
      <AlertsNav />
      <Paper withBorder p="md">
        <Loaded query={windows}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t('quiet.noWindows')} text={t('quiet.noWindowsText')} />
            ) : (
              <Stack gap="lg">
                {items.map((window) => (
                  <WindowLine key={window.id} window={window} may={may} />
                ))}
              </Stack>
            )
          }
        </Loaded>
      </Paper>
      <Modal opened={adding} onClose={() => setAdding(false)} title={t('quiet.addWindow')} centered>
        <WindowForm onDone={() => setAdding(false)} />
      </Modal>
    </>
  );
}

const wordOf = { 'in-force': 'inForce', planned: 'planned', over: 'over' };
const colorOf = { 'in-force': 'orange', planned: 'blue', over: 'gray' };

function WindowLine({ window, may }: { window: MaintenanceWindow; may: boolean }) {
  const { t, i18n } = useTranslation();
  const end = useEndWindow();
  const time = (iso: string) =>
    new Date(iso).toLocaleString(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Group justify="space-between" align="flex-start" data-testid="maintenance-window">
      <Stack gap={2} flex={1} miw={220}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {`${t(`quiet.scope_${window.scopeKind}`)}: ${window.scopeName}`}
          </Text>
          <Badge size="sm" variant="light" color={colorOf[window.state]}>
            {t(`quiet.windowState_${wordOf[window.state]}`)}
          </Badge>
          {window.heldCount > 0 && (
            <Badge size="sm" variant="light" color="gray">
              {t('quiet.heldCount', { count: window.heldCount })}
            </Badge>
          )}
        </Group>
        <Text size="sm">{window.reason}</Text>
        <Text size="xs" c="dimmed">
          {`${time(window.startsAt)} – ${time(window.endsAt)}`}
          {window.repeats === 'weekly' && ` · ${t('quiet.weekly')} (${window.timeZone})`}
        </Text>
        {end.error && <Trouble error={end.error} />}
      </Stack>
      {may && window.state !== 'over' && (
        <Button
          size="compact-sm"
          variant="default"
          loading={end.isPending}
          onClick={() => end.mutate(window.id)}
        >
          {t('quiet.endNow')}
        </Button>
      )}
    </Group>
  );
}

const choicesOfScope: Readonly<Record<string, Choices>> = {
  account: accountChoices(),
  site: siteChoices(),
  asset: assetChoices(),
  device: deviceChoices(),
  gateway: gatewayChoices(),
  category: categoryChoices(),
};

/** What a browser's field for date and time holds: local, to the minute. */
function localTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  return new Date(milliseconds - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function WindowForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const add = useAddWindow();
  const [scopeKind, setScopeKind] = useState('device');
  const [scopeId, setScopeId] = useState<string | null>(null);
  const choices = choicesOfScope[scopeKind];
  const [reason, setReason] = useState('');
  const [starts, setStarts] = useState(() => localTime(Date.now()));
  const [ends, setEnds] = useState(() => localTime(Date.now() + 7_200_000));
  const [weekly, setWeekly] = useState(false);
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const submit = () =>
    add.mutate(
      {
        scopeKind,
        scopeId: scopeId ?? '',
        reason,
        startsAt: new Date(starts).toISOString(),
        endsAt: new Date(ends).toISOString(),
        repeats: weekly ? 'weekly' : 'never',
        timeZone,
      },
      { onSuccess: onDone },
    );
  return (
    <Stack>
      <Select
        label={t('quiet.scope')}
        allowDeselect={false}
        value={scopeKind}
        onChange={(value) => {
          setScopeKind(value ?? 'device');
          setScopeId(null);
        }}
        data={Object.keys(choicesOfScope).map((kind) => ({ value: kind, label: t(`quiet.scope_${kind}`) }))}
      />
      {choices && (
        <SearchingSelect
          key={scopeKind}
          label={t(`quiet.scope_${scopeKind}`)}
          required
          choices={choices}
          value={scopeId}
          onChange={setScopeId}
        />
      )}
      <TextInput
        label={t('quiet.why')}
        required
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group grow>
        <TextInput
          type="datetime-local"
          label={t('quiet.starts')}
          value={starts}
          onChange={(event) => setStarts(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label={t('quiet.ends')}
          value={ends}
          onChange={(event) => setEnds(event.currentTarget.value)}
        />
      </Group>
      <Checkbox
        label={`${t('quiet.weekly')} (${timeZone})`}
        checked={weekly}
        onChange={(event) => setWeekly(event.currentTarget.checked)}
      />
      {add.error && <Trouble error={add.error} />}
      <Group justify="flex-end">
        <Button
          disabled={scopeId === null || reason.trim() === '' || starts === '' || ends === ''}
          loading={add.isPending}
          onClick={submit}
        >
          {t('quiet.save')}
        </Button>
      </Group>
    </Stack>
  );
}
