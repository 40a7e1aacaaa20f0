import { Button, Checkbox, Group, MultiSelect, NumberInput, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type AlertSettings,
  type CategoryGrouping,
  settingsQueries,
  useSaveAlertSettings,
  useSaveGrouping,
} from '../api/alert-settings.ts';
import { queries } from '../api/queries.ts';
import { AlertsNav } from '../components/alerts-nav.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Loaded, Trouble } from '../components/states.tsx';

export function AlertSettingsPage() {
  const { t } = useTranslation();
  const settings = useQuery(settingsQueries.settings());
  const session = useQuery(queries.session());
  const may = session.data?.user.permissions.includes('alerts:manage') ?? false;
  return (
    <>
      <PageTitle title={t('alertSettings.nav_settings')} sub={t('alertSettings.settingsIntro')} />
      <AlertsNav />
      <Stack>
        <Loaded query={settings}>
          {(data) => <SettingsForm key={data.version} settings={data} may={may} />}
        </Loaded>
        <Groupings may={may} />
      </Stack>
    </>
  );
}

const severities = ['CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE'];

function SettingsForm({ settings, may }: { settings: AlertSettings; may: boolean }) {
  const { t } = useTranslation();
  const save = useSaveAlertSettings();
  const { version, ...before } = settings;
  const [input, setInput] = useState(before);
  const number = (
    name:
      | 'stormDevices'
      | 'stormWindowSeconds'
      | 'stormQuietSeconds'
      | 'gatewayGraceSeconds'
      | 'gatewayRecoverySeconds',
    label: string,
  ) => (
    <NumberInput
      label={label}
      min={0}
      allowDecimal={false}
      disabled={!may}
      value={input[name]}
      onChange={(value) => setInput({ ...input, [name]: Number(value) || 0 })}
    />
  );
  return (
    <>
      <Panel title={t('alertSettings.storms')}>
        <Stack>
          <Checkbox
            label={t('alertSettings.stormEnabled')}
            disabled={!may}
            checked={input.stormEnabled}
            onChange={(event) => setInput({ ...input, stormEnabled: event.currentTarget.checked })}
          />
          {number('stormDevices', t('alertSettings.stormDevices'))}
          {number('stormWindowSeconds', t('alertSettings.stormWindow'))}
          {number('stormQuietSeconds', t('alertSettings.stormQuiet'))}
        </Stack>
      </Panel>
      <Panel title={t('alertSettings.outages')}>
        <Stack>
          {number('gatewayGraceSeconds', t('alertSettings.grace'))}
          {number('gatewayRecoverySeconds', t('alertSettings.recovery'))}
          <Select
            label={t('alertSettings.outageSeverity')}
            allowDeselect={false}
            disabled={!may}
            value={input.gatewaySeverity}
            onChange={(value) => setInput({ ...input, gatewaySeverity: value ?? 'MAJOR' })}
            data={severities.map((severity) => ({ value: severity, label: t(`severity.${severity}`) }))}
          />
        </Stack>
      </Panel>
      {save.error && <Trouble error={save.error} />}
      {may && (
        <Group justify="flex-end">
          <Button
            loading={save.isPending}
            onClick={() => save.mutate({ version, input })}
            data-testid="save-alert-settings"
          >
            {t('quiet.save')}
          </Button>
        </Group>
      )}
    </>
  );
}

/** Of one category at a time. */
function Groupings({ may }: { may: boolean }) {
  const { t } = useTranslation();
  const categories = useQuery(queries.categories());
  const [chosen, setChosen] = useState<string | null>(null);
  const categoryId = chosen ?? categories.data?.items[0]?.id ?? null;
  const grouping = useQuery({
    ...settingsQueries.grouping(categoryId ?? ''),
    enabled: categoryId !== null,
  });
  return (
    <Panel title={t('alertSettings.grouping')}>
      <Stack>
        <Select
          label={t('quiet.category')}
          allowDeselect={false}
          value={categoryId}
          onChange={setChosen}
          data={categories.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
        />
        {categoryId !== null && (
          <Loaded query={grouping}>
            {(data) => <GroupingForm key={`${data.categoryId} ${data.version}`} grouping={data} may={may} />}
          </Loaded>
        )}
      </Stack>
    </Panel>
  );
}

const fields = ['device', 'gateway', 'site', 'asset', 'error-code', 'rule', 'signal'];

function GroupingForm({ grouping, may }: { grouping: CategoryGrouping; may: boolean }) {
  const { t } = useTranslation();
  const save = useSaveGrouping(grouping.categoryId);
  const [input, setInput] = useState({ fields: grouping.fields, windowSeconds: grouping.windowSeconds });
  return (
    <Stack>
      <MultiSelect
        label={t('alertSettings.groupFields')}
        disabled={!may}
        value={input.fields}
        onChange={(value) => setInput({ ...input, fields: value })}
        data={fields.map((field) => ({ value: field, label: t(`alertSettings.field_${field}`) }))}
      />
      <NumberInput
        label={t('alertSettings.groupWindow')}
        min={0}
        max={86_400}
        allowDecimal={false}
        disabled={!may}
        value={input.windowSeconds}
        onChange={(value) => setInput({ ...input, windowSeconds: Number(value) || 0 })}
      />
      {save.error && <Trouble error={save.error} />}
      {may && (
        <Group justify="flex-end">
          <Button variant="default" loading={save.isPending} onClick={() => save.mutate(input)}>
            {t('quiet.save')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
