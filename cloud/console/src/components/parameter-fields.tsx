import { Fieldset, NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '../api/client.ts';
import type { CommandParameter } from '../api/types.ts';
import type { ParameterDraft } from '../pages/parameter-draft.ts';

/** Draws the fields of a command from its definition, nested ones within their object. */
export function ParameterFields(props: {
  parameters: readonly CommandParameter[];
  draft: ParameterDraft;
  change: (draft: ParameterDraft) => void;
  /** What the door said last, shown at the fields that it names. */
  error?: Error | null;
  path?: string;
}) {
  const { parameters, draft, change, error = null, path = 'parameters' } = props;
  return (
    <Stack gap="sm">
      {parameters.map((parameter) => {
        const field = `${path}.${parameter.name}`;
        const typed = draft[parameter.name];
        const set = (value: string | boolean | ParameterDraft) =>
          change({ ...draft, [parameter.name]: value });
        return parameter.type === 'object' ? (
          <Fieldset key={parameter.name} legend={titleOf(parameter)} p="sm">
            <ParameterFields
              parameters={parameter.parameters ?? []}
              draft={typeof typed === 'object' ? typed : {}}
              change={set}
              error={error}
              path={field}
            />
          </Fieldset>
        ) : (
          <Field
            key={parameter.name}
            field={field}
            parameter={parameter}
            typed={typeof typed === 'object' || typed === undefined ? '' : typed}
            set={set}
            complaint={complaintAt(error, field)}
          />
        );
      })}
    </Stack>
  );
}

const titleOf = ({ name, title, unit }: CommandParameter): string =>
  `${title ?? name}${unit ? ` (${unit})` : ''}`;

function complaintAt(error: Error | null, field: string): string | undefined {
  return error instanceof ProblemError ? error.fields.find((one) => one.field === field)?.message : undefined;
}

function Field({
  field,
  parameter,
  typed,
  set,
  complaint,
}: {
  field: string;
  parameter: CommandParameter;
  typed: string | boolean;
  set: (value: string | boolean) => void;
  complaint: string | undefined;
}) {
  const { t } = useTranslation();
  const { type, required = false, choices, minimum, maximum, minimumLength, maximumLength } = parameter;
  const common = {
    label: titleOf(parameter),
    name: field,
    required: required && parameter.default === undefined,
    ...(complaint === undefined ? {} : { error: complaint }),
  };
  if (choices !== undefined) {
    return (
      <Select
        {...common}
        clearable={!common.required}
        data={choices.map(String)}
        value={typed === '' ? null : String(typed)}
        onChange={(value) => set(value ?? '')}
      />
    );
  }
  if (type === 'boolean' && required) {
    return (
      <Switch
        label={common.label}
        name={field}
        checked={typed === true || typed === 'true'}
        onChange={(event) => set(event.currentTarget.checked)}
      />
    );
  }
  if (type === 'boolean') {
    return (
      <Select
        {...common}
        clearable
        data={[
          { value: 'true', label: t('commands.yes') },
          { value: 'false', label: t('commands.no') },
        ]}
        value={typed === '' ? null : String(typed)}
        onChange={(value) => set(value ?? '')}
      />
    );
  }
  if (type === 'number' || type === 'integer') {
    return (
      <NumberInput
        {...common}
        description={rangeText(minimum, maximum)}
        allowDecimal={type === 'number'}
        clampBehavior="none"
        {...(minimum === undefined ? {} : { min: minimum })}
        {...(maximum === undefined ? {} : { max: maximum })}
        value={String(typed)}
        onChange={(value) => set(String(value))}
      />
    );
  }
  return (
    <TextInput
      {...common}
      type={type === 'datetime' ? 'datetime-local' : 'text'}
      {...(minimumLength === undefined ? {} : { minLength: minimumLength })}
      {...(maximumLength === undefined ? {} : { maxLength: maximumLength })}
      value={String(typed)}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}

function rangeText(minimum: number | undefined, maximum: number | undefined): string | undefined {
  if (minimum === undefined && maximum === undefined) {
    return undefined;
  }
  return `${minimum ?? '…'} – ${maximum ?? '…'}`;
}
