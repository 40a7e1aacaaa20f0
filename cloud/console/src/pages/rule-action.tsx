import { NumberInput, Select, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import { untyped } from './rule-draft.ts';
import { Fields } from './rule-fields.tsx';
import { Part } from './rule-part.tsx';

type Action = NonNullable<AlertRule['onAlert']>;
type Of<Type extends Action['type']> = Extract<Action, { type: Type }>;
type Value = Of<'write'>['value'];

const newAction: Record<Action['type'], Action> = {
  write: { type: 'write', point: '', value: true },
  publish: { type: 'publish', topic: '', payload: '' },
};

/** What the gateway does by itself, cloud or no cloud. */
export function ActionFields(props: {
  label: string;
  action: Action | undefined;
  change: (action: Action | undefined) => void;
}) {
  const { t } = useTranslation();
  const { label, action, change } = props;
  return (
    <Part title={label}>
      <Select
        maw={320}
        aria-label={`${label}: ${t('rules.more.action')}`}
        allowDeselect={false}
        data={(['none', 'write', 'publish'] as const).map((type) => ({
          value: type,
          label: t(`rules.more.actionType.${type}`),
        }))}
        value={action?.type ?? 'none'}
        onChange={(type) => {
          if (type !== action?.type) {
            change(type === 'write' || type === 'publish' ? newAction[type] : undefined);
          }
        }}
      />
      {action?.type === 'write' && <WriteFields of={action} change={change} />}
      {action?.type === 'publish' && <PublishFields of={action} change={change} />}
    </Part>
  );
}

function WriteFields({ of, change }: { of: Of<'write'>; change: (action: Action) => void }) {
  const { t } = useTranslation();
  return (
    <Fields>
      <TextInput
        label={t('rules.more.point')}
        required
        placeholder="warningLamp"
        pattern="[A-Za-z0-9][A-Za-z0-9_.\/\-]{0,99}"
        value={of.point}
        onChange={(event) => change({ ...of, point: event.currentTarget.value })}
      />
      <Select
        label={t('rules.more.valueType')}
        allowDeselect={false}
        data={valueTypes.map((type) => ({ value: type, label: t(`rules.more.type.${type}`) }))}
        value={valueType(of.value)}
        onChange={(type) => {
          const chosen = valueTypes.find((one) => one === type);
          if (chosen !== undefined && chosen !== valueType(of.value)) {
            change({ ...of, value: firstValue[chosen] });
          }
        }}
      />
      <ValueField value={of.value} change={(value) => change({ ...of, value })} />
      <TextInput
        label={t('rules.more.device')}
        placeholder={t('rules.more.sameDevice')}
        maxLength={63}
        value={of.deviceId ?? ''}
        onChange={(event) => {
          const { deviceId: _, ...others } = of;
          const deviceId = event.currentTarget.value.trim();
          change(deviceId === '' ? others : { ...others, deviceId });
        }}
      />
    </Fields>
  );
}

const valueTypes = ['boolean', 'number', 'string', 'null'] as const;
type ValueType = (typeof valueTypes)[number];
const firstValue: Record<ValueType, Value> = { boolean: true, number: untyped, string: '', null: null };

const valueType = (value: Value): ValueType =>
  typeof value === 'boolean'
    ? 'boolean'
    : typeof value === 'number'
      ? 'number'
      : value === null
        ? 'null'
        : 'string';

function ValueField({ value, change }: { value: Value; change: (value: Value) => void }) {
  const { t } = useTranslation();
  const label = t('rules.more.value');
  if (typeof value === 'boolean') {
    return (
      <Select
        label={label}
        allowDeselect={false}
        data={['true', 'false']}
        value={String(value)}
        onChange={(chosen) => change(chosen === 'true')}
      />
    );
  }
  if (typeof value === 'number') {
    return (
      <NumberInput
        label={label}
        required
        hideControls
        value={Number.isNaN(value) ? '' : value}
        onChange={(typed) => change(typed === '' ? untyped : Number(typed))}
      />
    );
  }
  if (value === null) return <TextInput label={label} disabled value="–" />;
  return (
    <TextInput
      label={label}
      maxLength={4096}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

function PublishFields({ of, change }: { of: Of<'publish'>; change: (action: Action) => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" maw={640}>
      <TextInput
        label={t('rules.more.topic')}
        required
        placeholder="hall/lamp"
        maxLength={512}
        pattern="[^#+]+"
        value={of.topic}
        onChange={(event) => change({ ...of, topic: event.currentTarget.value })}
      />
      <Textarea
        label={t('rules.more.payload')}
        autosize
        maxLength={4096}
        value={of.payload}
        onChange={(event) => change({ ...of, payload: event.currentTarget.value })}
      />
      <Switch
        label={t('rules.more.retain')}
        checked={of.retain ?? false}
        onChange={(event) => {
          const { retain: _, ...others } = of;
          change(event.currentTarget.checked ? { ...others, retain: true } : others);
        }}
      />
    </Stack>
  );
}
