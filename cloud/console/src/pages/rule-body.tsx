import { unitSymbol } from '@andon/shared/kernel/units';
import { ActionIcon, Alert, Group, Stack, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AlertRule, Limit } from '../api/alert-rule.ts';
import { ruleMistakeText } from '../components/rule-mistake-text.ts';
import { ConditionFields, MeasureFields } from './rule-conditions.tsx';
import { type ConditionKind, isCondition, kindsOf, mistakesOf } from './rule-draft.ts';
import { LimitFields } from './rule-limits.tsx';
import { MoreFields } from './rule-more.tsx';
import { alertRuleSentence, limitUnit } from './rule-sentence.ts';

export interface SignalOfForm {
  /** What rules of the form know it by. */
  id: string;
  name: string;
  unit: string;
}

/** What stands around a rule in the form of its category. */
export interface RuleSurroundings {
  signals: readonly SignalOfForm[];
  /** All rules of the category as they would be saved. */
  rules: readonly AlertRule[];
}

interface BodyProps {
  rule: AlertRule;
  /** The rule as it would be saved; undefined where there is nothing to save yet. */
  finished: AlertRule | undefined;
  unit: string;
  surroundings: RuleSurroundings;
  change: (rule: AlertRule) => void;
  /** Of a rule that stands in a row of signals: what its limits are given that are typed here. */
  fresh?: Partial<Limit>;
}

/** All that a rule is made of, what is wrong with it, and what it will do in plain words. */
export function RuleBody(props: BodyProps) {
  const { t, i18n } = useTranslation();
  const { rule, finished, unit, surroundings, change, fresh } = props;
  const { signals, rules } = surroundings;
  const speech = { t: translate, language: i18n.language, unit: unitSymbol(unit) };
  const names = signals.map(({ name }) => name);
  const sentence = alertRuleSentence(rule, speech);
  function translate(key: string, values: Record<string, unknown> = {}): string {
    return t(key, values);
  }
  return (
    <>
      <Watched {...props} />
      <MoreFields
        rule={rule}
        otherRules={rules.map(({ name }) => name).filter((name) => name !== finished?.name)}
        change={change}
      />
      {finished &&
        mistakesOf(finished, rules, names).map((mistake) => (
          <Alert key={`${mistake.path.join('.')} ${mistake.code}`} color="red" role="alert" p="xs">
            {ruleMistakeText(mistake, translate)}
          </Alert>
        ))}
      {sentence !== '' && (
        <Text size="sm" fw={500} data-testid="alert-rule-sentence">
          {sentence}
        </Text>
      )}
      {fresh !== undefined && sentence === '' && (
        <Text size="sm" c="dimmed">
          {t('rules.more.noLimits')}
        </Text>
      )}
    </>
  );
}

/** What the rule looks at: its limits, with what they are compared with, and its conditions. */
function Watched({ rule, unit, surroundings, change, fresh }: BodyProps) {
  const { i18n } = useTranslation();
  const symbol = unitSymbol(unit);
  const kinds = kindsOf(rule);
  const isOfRow = fresh !== undefined;
  const others = surroundings.signals.map(({ id }) => id).filter((id) => id !== rule.signal);
  return (
    <>
      {isOfRow && <LimitFields isOptional rule={rule} unit={symbol} fresh={fresh} change={change} />}
      {kinds.map((kind) =>
        isCondition(kind) ? (
          <Stack key={kind} gap="xs">
            {(isOfRow || kinds.length > 1) && <ConditionHead kind={kind} rule={rule} change={change} />}
            <ConditionFields kind={kind} rule={rule} unit={symbol} change={change} />
          </Stack>
        ) : (
          !isOfRow && (
            <Stack key={kind} gap="sm">
              <MeasureFields rule={rule} others={others} change={change} />
              <LimitFields
                rule={rule}
                unit={limitUnit(kind, rule, { unit: symbol, language: i18n.language })}
                change={change}
              />
            </Stack>
          )
        ),
      )}
    </>
  );
}

/** Names a condition that stands beside something else in its rule, and takes it away. */
function ConditionHead(props: { kind: ConditionKind; rule: AlertRule; change: (rule: AlertRule) => void }) {
  const { t } = useTranslation();
  const { kind, rule, change } = props;
  const name = t(`rules.kind.${kind}`);
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm" fw={600}>
        {name}
      </Text>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('rules.more.removeCondition', { name })}
        onClick={() => {
          const { [kind]: _, ...others } = rule;
          change(others);
        }}
      >
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}
