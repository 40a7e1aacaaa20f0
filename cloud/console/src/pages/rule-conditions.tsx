import { NumberInput, Select, SimpleGrid, Switch, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import { severities } from '../api/escalation-policy.ts';
import type { Severity } from '../api/types.ts';
import { type ConditionKind, untyped } from './rule-draft.ts';

const daySeconds = 86_400;
const weekSeconds = 604_800;
const errorCodeMax = 65_535;

interface RuleProps {
  rule: AlertRule;
  change: (rule: AlertRule) => void;
}

/** One of the conditions that are no limits, each with what it leads to. */
export function ConditionFields(props: RuleProps & { kind: ConditionKind; unit: string }) {
  const { kind, rule, unit, change } = props;
  const { stale, stuck, badQuality, errorCodes, expression } = rule;
  switch (kind) {
    case 'stale':
      return stale && <Stale of={stale} change={(part) => change({ ...rule, stale: part })} />;
    case 'stuck':
      return stuck && <Stuck of={stuck} unit={unit} change={(part) => change({ ...rule, stuck: part })} />;
    case 'badQuality':
      return (
        badQuality && (
          <Fields>
            <Consequence of={badQuality} change={(part) => change({ ...rule, badQuality: part })} />
            <Delays of={badQuality} change={(part) => change({ ...rule, badQuality: part })} />
          </Fields>
        )
      );
    case 'errorCodes':
      return (
        errorCodes && (
          <Fields>
            <SeverityField
              value={errorCodes.severity}
              change={(severity) => change({ ...rule, errorCodes: { ...errorCodes, severity } })}
            />
            <Delays of={errorCodes} change={(part) => change({ ...rule, errorCodes: part })} />
          </Fields>
        )
      );
    default:
      return (
        expression && <Expression of={expression} change={(part) => change({ ...rule, expression: part })} />
      );
  }
}

type Part<Key extends ConditionKind> = NonNullable<AlertRule[Key]>;

function Stale({ of, change }: { of: Part<'stale'>; change: (part: Part<'stale'>) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Fields>
        <Seconds
          label={t('rules.staleAfter')}
          max={weekSeconds}
          milliseconds={of.afterMilliseconds}
          change={(afterMilliseconds) => change({ ...of, afterMilliseconds })}
        />
        <Consequence of={of} change={change} />
      </Fields>
      <Switch
        label={t('rules.alsoIfNeverHeard')}
        description={t('rules.alsoIfNeverHeardHint')}
        checked={of.alsoIfNeverHeard ?? false}
        onChange={(event) => {
          const { alsoIfNeverHeard: _, ...others } = of;
          change(event.currentTarget.checked ? { ...others, alsoIfNeverHeard: true } : others);
        }}
      />
    </>
  );
}

function Stuck(props: { of: Part<'stuck'>; unit: string; change: (part: Part<'stuck'>) => void }) {
  const { t } = useTranslation();
  const { of, unit, change } = props;
  return (
    <Fields>
      <Amount
        label={t('rules.epsilon')}
        unit={unit}
        min={0}
        value={of.epsilon}
        change={(epsilon) => change({ ...of, epsilon })}
      />
      <Seconds
        label={t('rules.stuckFor')}
        max={weekSeconds}
        milliseconds={of.forMilliseconds}
        change={(forMilliseconds) => change({ ...of, forMilliseconds })}
      />
      <Consequence of={of} change={change} />
    </Fields>
  );
}

function Expression(props: { of: Part<'expression'>; change: (part: Part<'expression'>) => void }) {
  const { of, change } = props;
  return (
    <>
      <FormulaField value={of.formula} change={(formula) => change({ ...of, formula })} />
      <Fields>
        <Consequence of={of} change={change} />
        <Delays of={of} change={change} />
      </Fields>
    </>
  );
}

/** What limits are compared with, where it is not the value. */
export function MeasureFields({ rule, others, change }: RuleProps & { others: string[] }) {
  const { t } = useTranslation();
  const { rateOfChange, deviation, window, calculation } = rule;
  if (rateOfChange) {
    const set = (part: Partial<typeof rateOfChange>) =>
      change({ ...rule, rateOfChange: { ...rateOfChange, ...part } });
    return (
      <Fields>
        <Seconds
          label={t('rules.per')}
          min={0.001}
          milliseconds={rateOfChange.perMilliseconds}
          change={(perMilliseconds) => set({ perMilliseconds })}
        />
        <Seconds
          label={t('rules.rateWindow')}
          milliseconds={rateOfChange.windowMilliseconds}
          change={(windowMilliseconds) => set({ windowMilliseconds })}
        />
      </Fields>
    );
  }
  if (deviation) {
    return (
      <Select
        maw={320}
        label={t('rules.from')}
        required
        allowDeselect={false}
        data={[...new Set([...others, deviation.from])].filter((name) => name !== '')}
        value={deviation.from === '' ? null : deviation.from}
        onChange={(from) => change({ ...rule, deviation: { from: from ?? '' } })}
      />
    );
  }
  if (window) {
    return (
      <Fields>
        <Select
          label={t('rules.aggregateOf')}
          allowDeselect={false}
          data={aggregates.map((value) => ({ value, label: t(`rules.aggregate.${value}`) }))}
          value={window.aggregate}
          onChange={(chosen) => {
            const aggregate = aggregates.find((one) => one === chosen) ?? window.aggregate;
            change({ ...rule, window: { ...window, aggregate } });
          }}
        />
        <Seconds
          label={t('rules.windowLast')}
          milliseconds={window.milliseconds}
          change={(milliseconds) => change({ ...rule, window: { ...window, milliseconds } })}
        />
      </Fields>
    );
  }
  if (calculation) {
    return (
      <>
        <FormulaField
          value={calculation.formula}
          change={(formula) => change({ ...rule, calculation: { ...calculation, formula } })}
        />
        <TextInput
          maw={200}
          label={t('rules.resultUnit')}
          placeholder="kW"
          maxLength={32}
          value={calculation.unit ?? ''}
          onChange={(event) => {
            const unit = event.currentTarget.value.trim();
            const { formula } = calculation;
            change({ ...rule, calculation: unit === '' ? { formula } : { formula, unit } });
          }}
        />
      </>
    );
  }
  return null;
}

const aggregates = ['min', 'max', 'mean', 'sum', 'count'] as const;

function Fields({ children }: { children: React.ReactNode }) {
  return <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>{children}</SimpleGrid>;
}

function FormulaField({ value, change }: { value: string; change: (formula: string) => void }) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={t('rules.formula')}
      description={t('rules.formulaHint')}
      placeholder="running and [flow/in] < 2"
      required
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

function Consequence<Kept extends WithConsequence>(props: { of: Kept; change: (part: Kept) => void }) {
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
  isInTable?: boolean;
}) {
  const { t } = useTranslation();
  const { of, change, isInTable } = props;
  const label = t('case.errorCode');
  return (
    <NumberInput
      {...(isInTable ? { 'aria-label': label } : { label })}
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
  isInTable?: boolean;
}) {
  const { t } = useTranslation();
  const label = t('rules.severity');
  return (
    <Select
      {...(props.isInTable ? { 'aria-label': label } : { label })}
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

function Delays<Kept extends WithDelays>({ of, change }: { of: Kept; change: (part: Kept) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Delay label={t('rules.onDelay')} name="onDelayMilliseconds" of={of} change={change} />
      <Delay label={t('rules.offDelay')} name="offDelayMilliseconds" of={of} change={change} />
    </>
  );
}

function Delay<Kept extends WithDelays>(props: {
  label: string;
  name: keyof WithDelays;
  of: Kept;
  change: (part: Kept) => void;
}) {
  const { label, name, of, change } = props;
  const milliseconds = of[name];
  return (
    <NumberInput
      label={label}
      suffix=" s"
      placeholder="0 s"
      min={0}
      max={daySeconds}
      decimalScale={3}
      value={milliseconds === undefined ? '' : milliseconds / 1000}
      onChange={(value) => change(withNumber(of, name, value === '' ? '' : Math.round(Number(value) * 1000)))}
    />
  );
}

/** With the number, or without it where nothing is typed. */
export function withNumber<Kept extends object>(of: Kept, name: keyof Kept, value: number | string): Kept {
  const { [name]: _, ...others } = of;
  return (value === '' ? others : { ...others, [name]: Number(value) }) as Kept;
}

function Seconds(props: {
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

function Amount(props: {
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
