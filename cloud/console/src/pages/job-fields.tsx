import {
  Alert,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
} from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  accountChoices,
  type Choices,
  categoryChoices,
  gatewayChoices,
  siteChoices,
} from '../api/choices.ts';
import { type JobInput, jobQueries, type Selection } from '../api/jobs.ts';
import { queries } from '../api/queries.ts';
import type { CommandDefinition } from '../api/types.ts';
import { ParameterFields } from '../components/parameter-fields.tsx';
import { SearchingSelect } from '../components/searching-select.tsx';
import { Loaded } from '../components/states.tsx';
import { ownTimeZone, timeZones, WeeklyHoursEditor } from '../components/weekly-hours.tsx';
import { emptyDraft, type ParameterDraft, valuesOf } from './parameter-draft.ts';

const shownCategories = 10;

/** The selection with one part set, or left out where it is empty. */
function narrowed<Part extends keyof Selection>(
  selection: Selection,
  part: Part,
  value: Selection[Part] | null,
): Selection {
  const { [part]: _former, ...rest } = selection;
  const isEmpty = value === null || value === undefined || value.length === 0;
  return isEmpty ? rest : { ...rest, [part]: value };
}

export function JobDevicesFields(props: { selection: Selection; change: (selection: Selection) => void }) {
  const { selection, change } = props;
  const { t } = useTranslation();
  const find = (
    part: 'categoryId' | 'accountId' | 'siteId' | 'gatewayId',
    label: string,
    choices: Choices,
  ) => (
    <SearchingSelect
      label={label}
      placeholder={t('jobs.any')}
      clearable
      choices={choices}
      value={selection[part] ?? null}
      onChange={(value) => change(narrowed(selection, part, value))}
    />
  );
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('jobs.devicesHint')}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {find('categoryId', t('device.category'), categoryChoices())}
        {find('accountId', t('devices.customer'), accountChoices())}
        {find('siteId', t('jobs.site'), siteChoices(selection.accountId))}
        {find('gatewayId', t('devices.gateway'), gatewayChoices())}
        <TagsInput
          label={t('jobs.tags')}
          value={selection.tags ?? []}
          onChange={(tags) => change(narrowed(selection, 'tags', tags))}
        />
      </SimpleGrid>
      <Textarea
        label={t('jobs.list')}
        description={t('jobs.listHint')}
        autosize
        minRows={1}
        maxRows={8}
        defaultValue={selection.deviceIds?.join('\n') ?? ''}
        onChange={(event) => {
          const ids = event.currentTarget.value.split(/[\s,;]+/).filter((id) => id !== '');
          change(narrowed(selection, 'deviceIds', [...new Set(ids)]));
        }}
      />
      {Object.keys(selection).length > 0 && <Fitting selection={selection} />}
    </Stack>
  );
}

/** How many devices fit, of which categories, and whether they take the command. */
function Fitting(props: { selection: Selection; input?: Pick<JobInput, 'command' | 'parameters'> }) {
  const { t } = useTranslation();
  const { selection, input } = props;
  const preview = useQuery(
    jobQueries.preview(selection, input?.command || undefined, input?.parameters ?? {}),
  );
  return (
    <Loaded query={preview}>
      {(seen) => (
        <Stack gap="xs">
          <Text size="sm" fw={600} data-testid="job-fits">
            {t('jobs.fits', { count: seen.devices, connected: seen.connected })}
          </Text>
          <Text size="sm" c="dimmed">
            {seen.categories
              .slice(0, shownCategories)
              .map(({ name, devices }) => `${name}: ${devices}`)
              .join(' · ')}
          </Text>
          {seen.categories
            .filter(({ problem }) => problem !== null)
            .map(({ id, name, problem }) => (
              <Alert key={id} color="red">
                {name}: {problem}
              </Alert>
            ))}
          {seen.leftOut.count > 0 && (
            <Alert
              color="orange"
              title={t('jobs.leftOut', { count: seen.leftOut.count })}
              data-testid="job-left-out"
            >
              {seen.leftOut.devices
                .map(({ id, reason }) => `${id} (${t(`jobs.leftOutBecause.${reason}`)})`)
                .join(', ')}
              {seen.leftOut.count > seen.leftOut.devices.length && ' …'}
            </Alert>
          )}
          {seen.destructive && (
            <Alert color="orange" data-testid="job-destructive">
              {t('jobs.destructiveText')}
            </Alert>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

const furtherCategoriesMax = 50;

const reboot: CommandDefinition = { name: 'reboot', title: 'Reboot', destructive: true, parameters: [] };

export function JobCommandFields(props: { input: JobInput; change: (part: Partial<JobInput>) => void }) {
  const { input, change } = props;
  const { t } = useTranslation();
  const categories = useQuery(queries.categories());
  const preview = useQuery(jobQueries.preview(input.selection, undefined, {}));
  const chosen = new Set(preview.data?.categories.map(({ id }) => id));
  // The list has the first of very many: what it lacks is asked for by itself.
  const listed = new Set(categories.data?.items.map(({ id }) => id));
  const lacking = categories.data === undefined ? [] : [...chosen].filter((id) => !listed.has(id));
  const further = useQueries({
    queries: lacking.slice(0, furtherCategoriesMax).map((id) => queries.category(id)),
  });
  const all = [...(categories.data?.items ?? []), ...further.flatMap(({ data }) => data ?? [])];
  const known = new Map<string, CommandDefinition>([[reboot.name, reboot]]);
  for (const category of all) {
    for (const command of chosen.has(category.id) ? category.commands : []) {
      known.set(command.name, command);
    }
  }
  const command = known.get(input.command);
  return (
    <Stack>
      <Select
        maw={480}
        label={t('commands.command')}
        required
        allowDeselect={false}
        data={[...known.values()].map(({ name, title }) => ({ value: name, label: title }))}
        value={input.command === '' ? null : input.command}
        onChange={(name) => {
          const parameters = known.get(name ?? '')?.parameters ?? [];
          change({ command: name ?? '', parameters: valuesOf(parameters, emptyDraft(parameters)) });
        }}
      />
      {command && (
        <CommandDraft
          key={command.name}
          command={command}
          initial={input.parameters}
          change={(parameters) => change({ parameters })}
        />
      )}
      <NumberInput
        maw={480}
        label={t('commands.expires')}
        description={t('commands.expiresSendHint')}
        placeholder={String(command?.expiresInSeconds ?? 120)}
        min={1}
        max={604_800}
        allowDecimal={false}
        value={input.expiresInSeconds ?? ''}
        onChange={(seconds) => change({ expiresInSeconds: seconds === '' ? null : Number(seconds) })}
      />
      {input.command !== '' && <Fitting selection={input.selection} input={input} />}
    </Stack>
  );
}

function CommandDraft(props: {
  command: CommandDefinition;
  initial: JobInput['parameters'];
  change: (parameters: JobInput['parameters']) => void;
}) {
  const parameters = props.command.parameters ?? [];
  const [draft, setDraft] = useState<ParameterDraft>(() => withValues(emptyDraft(parameters), props.initial));
  return (
    <ParameterFields
      parameters={parameters}
      draft={draft}
      change={(changed) => {
        setDraft(changed);
        props.change(valuesOf(parameters, changed));
      }}
    />
  );
}

/** A draft with what was chosen before. */
function withValues(draft: ParameterDraft, values: JobInput['parameters']): ParameterDraft {
  return Object.fromEntries(
    Object.entries(draft).map(([name, empty]) => {
      const value = values[name];
      if (typeof empty === 'object') {
        return [name, typeof value === 'object' && value !== null ? withValues(empty, value) : empty];
      }
      return [name, value === undefined ? empty : typeof value === 'boolean' ? value : String(value)];
    }),
  );
}

export function JobPaceFields(props: { input: JobInput; change: (part: Partial<JobInput>) => void }) {
  const { input, change } = props;
  const { t } = useTranslation();
  const number = (
    part: 'ratePerMinute' | 'concurrencyMax' | 'canaryCount',
    label: string,
    hint: string,
    min: number,
  ) => (
    <NumberInput
      label={label}
      description={hint}
      required
      min={min}
      max={10_000}
      allowDecimal={false}
      value={input[part]}
      onChange={(value) => value !== '' && change({ [part]: Number(value) })}
    />
  );
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {number('ratePerMinute', t('jobs.rate'), t('jobs.rateHint'), 1)}
        {number('concurrencyMax', t('jobs.concurrency'), t('jobs.concurrencyHint'), 1)}
        {number('canaryCount', t('jobs.canary'), t('jobs.canaryHint'), 0)}
      </SimpleGrid>
      <Switch
        label={t('jobs.stopSwitch')}
        checked={input.stop !== null}
        onChange={(event) =>
          change({ stop: event.currentTarget.checked ? { failurePercent: 10, atLeast: 10 } : null })
        }
      />
      {input.stop && <StopFields stop={input.stop} change={(stop) => change({ stop })} />}
      <Switch
        label={t('jobs.windowSwitch')}
        checked={input.window !== null}
        onChange={(event) =>
          change({
            window: event.currentTarget.checked
              ? {
                  zone: 'device',
                  timeZone: ownTimeZone(),
                  weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', until: '05:00' }],
                }
              : null,
          })
        }
      />
      {input.window && <WindowFields window={input.window} change={(window) => change({ window })} />}
      <Text size="sm" c="dimmed">
        {t('jobs.alwaysText')}
      </Text>
    </Stack>
  );
}

type Stop = NonNullable<JobInput['stop']>;

function StopFields({ stop, change }: { stop: Stop; change: (stop: Stop) => void }) {
  const { t } = useTranslation();
  return (
    <Group align="flex-end">
      <NumberInput
        label={t('jobs.failurePercent')}
        suffix=" %"
        min={0}
        max={99}
        allowDecimal={false}
        value={stop.failurePercent}
        onChange={(value) => change({ ...stop, failurePercent: Number(value) })}
      />
      <NumberInput
        label={t('jobs.atLeast')}
        min={1}
        max={20_000}
        allowDecimal={false}
        value={stop.atLeast}
        onChange={(value) => change({ ...stop, atLeast: Number(value) || 1 })}
      />
    </Group>
  );
}

type Window = NonNullable<JobInput['window']>;

function WindowFields({ window, change }: { window: Window; change: (window: Window) => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <WeeklyHoursEditor spans={window.weekly} change={(weekly) => change({ ...window, weekly })} />
      <Group align="flex-end">
        <Select
          label={t('jobs.whoseClock')}
          allowDeselect={false}
          data={[
            { value: 'device', label: t('jobs.deviceZone') },
            { value: 'job', label: t('jobs.jobZone') },
          ]}
          value={window.zone}
          onChange={(zone) => change({ ...window, zone: zone === 'job' ? 'job' : 'device' })}
        />
        <Select
          label={window.zone === 'job' ? t('jobs.timeZone') : t('jobs.timeZoneElse')}
          searchable
          allowDeselect={false}
          limit={50}
          data={timeZones()}
          value={window.timeZone}
          onChange={(timeZone) => change({ ...window, timeZone: timeZone ?? window.timeZone })}
        />
      </Group>
    </Stack>
  );
}
