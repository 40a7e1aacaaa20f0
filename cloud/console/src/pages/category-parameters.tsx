import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Paper,
  Select,
  Stack,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { CommandParameter, ParameterType } from '../api/types.ts';

const depthMax = 4;
const types: ParameterType[] = ['text', 'integer', 'number', 'boolean', 'datetime', 'object'];

type Parts = { [Part in keyof CommandParameter]?: CommandParameter[Part] | undefined };

/** The parameter with some parts of it set, or left out where they are undefined. */
function withParts(parameter: CommandParameter, parts: Parts): CommandParameter {
  const set = Object.entries({ ...parameter, ...parts }).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(set) as Partial<CommandParameter>),
    name: parameter.name,
    type: parameter.type,
  };
}

/** What a former type had, and the new one has not, goes. */
function ofType({ name, title, required }: CommandParameter, type: ParameterType): CommandParameter {
  return {
    name,
    ...(title === undefined ? {} : { title }),
    ...(required === undefined ? {} : { required }),
    type,
    ...(type === 'object' ? { parameters: [] } : {}),
  };
}

/** The parameters of a command, or of an object within them. */
export function ParametersEditor({
  parameters,
  depth,
  change,
}: {
  parameters: CommandParameter[];
  depth: number;
  change: (parameters: CommandParameter[]) => void;
}) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      {parameters.map((parameter, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other name while its name is typed
        <Paper key={index} withBorder p="xs" data-testid="parameter">
          <ParameterFieldsOfDefinition
            parameter={parameter}
            depth={depth}
            change={(edited) => change(parameters.map((one, at) => (at === index ? edited : one)))}
            remove={() => change(parameters.filter((_one, at) => at !== index))}
          />
        </Paper>
      ))}
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={() => change([...parameters, { name: '', type: 'text' }])}
        >
          {t('commands.addParameter')}
        </Button>
      </Group>
    </Stack>
  );
}

function ParameterFieldsOfDefinition({
  parameter,
  depth,
  change,
  remove,
}: {
  parameter: CommandParameter;
  depth: number;
  change: (parameter: CommandParameter) => void;
  remove: () => void;
}) {
  const { t } = useTranslation();
  const { type } = parameter;
  return (
    <Stack gap="xs">
      <Group gap="xs" align="flex-end">
        <TextInput
          size="xs"
          label={t('commands.parameterName')}
          required
          maxLength={64}
          pattern="[A-Za-z][A-Za-z0-9_\-]{0,63}"
          value={parameter.name}
          onChange={(event) => change({ ...parameter, name: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          label={t('commands.label')}
          maxLength={200}
          value={parameter.title ?? ''}
          onChange={(event) =>
            change(withParts(parameter, { title: event.currentTarget.value || undefined }))
          }
        />
        <Select
          size="xs"
          w={150}
          label={t('commands.type')}
          allowDeselect={false}
          data={types
            .filter((one) => one !== 'object' || depth < depthMax)
            .map((value) => ({ value, label: t(`commands.typeOf.${value}`) }))}
          value={type}
          onChange={(value) => change(ofType(parameter, types.find((one) => one === value) ?? type))}
        />
        <Checkbox
          size="xs"
          pb={6}
          label={t('commands.required')}
          checked={parameter.required ?? false}
          onChange={(event) =>
            change(withParts(parameter, { required: event.currentTarget.checked || undefined }))
          }
        />
        <ActionIcon variant="subtle" color="gray" aria-label={t('commands.removeParameter')} onClick={remove}>
          <IconTrash size={16} />
        </ActionIcon>
      </Group>
      {type === 'object' ? (
        <ParametersEditor
          parameters={parameter.parameters ?? []}
          depth={depth + 1}
          change={(inner) => change({ ...parameter, parameters: inner })}
        />
      ) : (
        <LimitsOfParameter parameter={parameter} change={change} />
      )}
    </Stack>
  );
}

function LimitsOfParameter({
  parameter,
  change,
}: {
  parameter: CommandParameter;
  change: (parameter: CommandParameter) => void;
}) {
  const { t } = useTranslation();
  const { type } = parameter;
  const isNumber = type === 'number' || type === 'integer';
  const numberPart = (part: 'minimum' | 'maximum' | 'minimumLength' | 'maximumLength') => (
    <NumberInput
      size="xs"
      w={110}
      label={t(`commands.${part}`)}
      value={parameter[part] ?? ''}
      onChange={(value) => change(withParts(parameter, { [part]: value === '' ? undefined : Number(value) }))}
    />
  );
  return (
    <Group gap="xs" align="flex-start">
      {isNumber && numberPart('minimum')}
      {isNumber && numberPart('maximum')}
      {type === 'text' && numberPart('minimumLength')}
      {type === 'text' && numberPart('maximumLength')}
      {isNumber && (
        <TextInput
          size="xs"
          w={80}
          label={t('categories.unit')}
          maxLength={32}
          value={parameter.unit ?? ''}
          onChange={(event) => change(withParts(parameter, { unit: event.currentTarget.value || undefined }))}
        />
      )}
      <DefaultOfParameter parameter={parameter} change={change} />
      {(isNumber || type === 'text') && (
        <TagsInput
          size="xs"
          w={220}
          label={t('commands.choices')}
          placeholder={parameter.choices === undefined ? t('commands.choicesHint') : ''}
          value={(parameter.choices ?? []).map(String)}
          onChange={(texts) => {
            const choices = texts.map((text) => (isNumber ? Number(text) : text));
            change(withParts(parameter, { choices: choices.length === 0 ? undefined : choices }));
          }}
        />
      )}
    </Group>
  );
}

function DefaultOfParameter({
  parameter,
  change,
}: {
  parameter: CommandParameter;
  change: (parameter: CommandParameter) => void;
}) {
  const { t } = useTranslation();
  const { type } = parameter;
  const set = (value: CommandParameter['default']) => change(withParts(parameter, { default: value }));
  const common = { size: 'xs', w: 140, label: t('commands.default') };
  if (type === 'boolean') {
    return (
      <Select
        {...common}
        clearable
        data={[
          { value: 'true', label: t('commands.yes') },
          { value: 'false', label: t('commands.no') },
        ]}
        value={parameter.default === undefined ? null : String(parameter.default)}
        onChange={(value) => set(value === null ? undefined : value === 'true')}
      />
    );
  }
  if (type === 'number' || type === 'integer') {
    return (
      <NumberInput
        {...common}
        allowDecimal={type === 'number'}
        value={typeof parameter.default === 'number' ? parameter.default : ''}
        onChange={(value) => set(value === '' ? undefined : Number(value))}
      />
    );
  }
  return (
    <TextInput
      {...common}
      {...(type === 'datetime' ? { placeholder: '2026-03-02T08:00:00Z' } : {})}
      value={parameter.default === undefined ? '' : String(parameter.default)}
      onChange={(event) => set(event.currentTarget.value || undefined)}
    />
  );
}
