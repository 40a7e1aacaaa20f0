import { NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { severities } from '../api/escalation-policy.ts';
import type { Severity } from '../api/types.ts';
import { untyped } from './rule-draft.ts';
import { withNumber } from './with-number.ts';

const daySeconds = 86_400;
export const weekSeconds = 604_800;
export const errorCodeMax = 65_535;

export function Fields({ children }: { children: React.ReactNode }) {
  return <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>{children}</SimpleGrid>;
}

export function FormulaField(props: {
  value: string;
  change: (formula: string) => void;
  label?: string;
  isRequired?: boolean;
}) {
  const { t } = useTranslation();
  const { value, change, label, isRequired = false } = props;
  return (
    <TextInput
      label={label ?? t('rules.formula')}
      description={t('rules.formulaHint')}
      placeholder="running and [flow/in] < 2"
      required={isRequired}
      maxLength={1000}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

interface WithConsequence {
  severity: Severity;
  errorCode?: number;
}

export function Consequence<Kept extends WithConsequence>(props: { of: Kept; change: (part: Kept) => void }) {
  const { of, change } = props;
  return (
    <>
      <SeverityField value={of.severity} change={(severity) => change({ ...of, severity })} />
      <ErrorCodeField of={of} change={change} />
    </>
  );
}

export function ErrorCodeField<Kept extends { errorCode?: number }>(props: {
  of: Kept;
  change: (part: Kept) => void;
  /** What it is the code of, for who cannot see it. */
  owner?: string;
}) {
  const { t } = useTranslation();
  const { of, change, owner } = props;
  return (
    <NumberInput
      {...labelled(t('case.errorCode'), owner)}
      placeholder={t('common.none')}
      hideControls
      allowDecimal={false}
      min={0}
      max={errorCodeMax}
      value={of.errorCode ?? ''}
      onChange={(value) => change(withNumber(of, 'errorCode', value))}
    />
  );
}

export function SeverityField(props: {
  value: Severity;
  change: (severity: Severity) => void;
  owner?: string;
  label?: string;
}) {
  const { t } = useTranslation();
  return (
    <Select
      {...labelled(props.label ?? t('rules.severity'), props.owner)}
      allowDeselect={false}
      data={[...severities]}
      value={props.value}
      onChange={(chosen) => props.change(severities.find((one) => one === chosen) ?? props.value)}
    />
  );
}

interface WithDelays {
  onDelayMilliseconds?: number;
  offDelayMilliseconds?: number;
}

export function Delays<Kept extends WithDelays>(props: {
  of: Kept;
  change: (part: Kept) => void;
  owner?: string;
}) {
  const { t } = useTranslation();
  const { owner, ...part } = props;
  return (
    <>
      <OptionalSeconds {...labelled(t('rules.onDelay'), owner)} name="onDelayMilliseconds" {...part} />
      <OptionalSeconds {...labelled(t('rules.offDelay'), owner)} name="offDelayMilliseconds" {...part} />
    </>
  );
}

/** A label, which for who cannot see the page begins with what the field belongs to. */
export const labelled = (label: string, owner: string | undefined) =>
  owner === undefined ? { label } : { label, 'aria-label': `${owner}: ${label}` };

/** A span of time that may be left out. */
export function OptionalSeconds<Name extends string, Kept extends { [name in Name]?: number }>(props: {
  label: string;
  'aria-label'?: string;
  name: Name & keyof Kept;
  of: Kept;
  change: (part: Kept) => void;
  min?: number;
  placeholder?: string;
}) {
  const { name, of, change, min = 0, placeholder = '0 s', ...label } = props;
  const milliseconds: number | undefined = of[name];
  return (
    <NumberInput
      {...label}
      suffix=" s"
      placeholder={placeholder}
      min={min}
      max={daySeconds}
      decimalScale={3}
      value={milliseconds === undefined ? '' : milliseconds / 1000}
      onChange={(value) => change(withNumber(of, name, value === '' ? '' : Math.round(Number(value) * 1000)))}
    />
  );
}

/** A whole number that may be left out. */
export function OptionalCount<Name extends string, Kept extends { [name in Name]?: number }>(props: {
  label: string;
  name: Name & keyof Kept;
  of: Kept;
  change: (part: Kept) => void;
  min: number;
  max: number;
  placeholder: string;
}) {
  const { name, of, change, ...field } = props;
  return (
    <NumberInput
      {...field}
      allowDecimal={false}
      value={of[name] ?? ''}
      onChange={(value) => change(withNumber(of, name, value))}
    />
  );
}

export function Seconds(props: {
  label: string;
  milliseconds: number;
  change: (milliseconds: number) => void;
  min?: number;
  max?: number;
}) {
  const { label, milliseconds, change, min = 0.1, max = daySeconds } = props;
  return (
    <NumberInput
      label={label}
      suffix=" s"
      required
      min={min}
      max={max}
      decimalScale={3}
      value={Number.isNaN(milliseconds) ? '' : milliseconds / 1000}
      onChange={(value) => change(value === '' ? untyped : Math.round(Number(value) * 1000))}
    />
  );
}

export function Amount(props: {
  label: string;
  unit: string;
  min: number;
  value: number;
  change: (value: number) => void;
}) {
  const { label, unit, min, value, change } = props;
  return (
    <NumberInput
      label={label}
      suffix={unit === '' ? '' : ` ${unit}`}
      required
      min={min}
      value={Number.isNaN(value) ? '' : value}
      onChange={(typed) => change(typed === '' ? untyped : Number(typed))}
    />
  );
}
