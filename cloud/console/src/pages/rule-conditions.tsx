import { Select, Switch, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import type { ConditionKind } from './rule-draft.ts';
import {
  Amount,
  Consequence,
  Delays,
  Fields,
  FormulaField,
  Seconds,
  SeverityField,
  weekSeconds,
} from './rule-fields.tsx';
import { CodeSeverities } from './rule-severities.tsx';

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
          <>
            <Fields>
              <SeverityField
                value={errorCodes.severity}
                change={(severity) => change({ ...rule, errorCodes: { ...errorCodes, severity } })}
              />
              <Delays of={errorCodes} change={(part) => change({ ...rule, errorCodes: part })} />
            </Fields>
            <CodeSeverities of={errorCodes} change={(part) => change({ ...rule, errorCodes: part })} />
          </>
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
      <FormulaField isRequired value={of.formula} change={(formula) => change({ ...of, formula })} />
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
          isRequired
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
