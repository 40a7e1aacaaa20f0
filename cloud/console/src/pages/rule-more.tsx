import { Badge, Group, Select, Stack, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import { Fold } from '../components/fold.tsx';
import { ActionFields } from './rule-action.tsx';
import { Fields, FormulaField, OptionalCount, OptionalSeconds } from './rule-fields.tsx';
import { Part } from './rule-part.tsx';
import { ScheduleFields } from './rule-schedule.tsx';

/** What a rule may have beside what it looks at, in the order of the form. */
export const modifierKeys = ['latched', 'schedule', 'inhibitWhen', 'chatter', 'onAlert', 'onClear'] as const;
type ModifierKey = (typeof modifierKeys)[number];

/** With the part, or without it where it is undefined. */
function withPart<Key extends ModifierKey>(
  rule: AlertRule,
  key: Key,
  part: AlertRule[Key] | undefined,
): AlertRule {
  const changed: AlertRule = { ...rule };
  if (part === undefined) delete changed[key];
  else changed[key] = part;
  return changed;
}

/** When a rule speaks, when it is held back, and what the gateway does by itself: folded away until it is wanted. */
export function MoreFields(props: {
  rule: AlertRule;
  /** The names of the other rules of the category. */
  otherRules: readonly string[];
  change: (rule: AlertRule) => void;
}) {
  const { t } = useTranslation();
  const { rule, otherRules, change } = props;
  const set = <Key extends ModifierKey>(key: Key, part: AlertRule[Key] | undefined) =>
    change(withPart(rule, key, part));
  return (
    <Fold
      label={t('rules.more.title')}
      summary={modifierKeys
        .filter((key) => rule[key] !== undefined)
        .map((key) => (
          <Badge key={key} size="sm" variant="light" tt="none">
            {t(`rules.more.part.${key}`)}
          </Badge>
        ))}
    >
      <Stack gap="md" pt="sm" pl={22}>
        <Switch
          label={t('rules.latched')}
          checked={rule.latched ?? false}
          onChange={(event) => set('latched', event.currentTarget.checked || undefined)}
        />
        <ScheduleFields schedule={rule.schedule} change={(schedule) => set('schedule', schedule)} />
        <InhibitionFields
          of={rule.inhibitWhen}
          otherRules={otherRules}
          change={(inhibitWhen) => set('inhibitWhen', inhibitWhen)}
        />
        <ChatterFields of={rule.chatter} change={(chatter) => set('chatter', chatter)} />
        <ActionFields
          label={t('rules.more.part.onAlert')}
          action={rule.onAlert}
          change={(action) => set('onAlert', action)}
        />
        <ActionFields
          label={t('rules.more.part.onClear')}
          action={rule.onClear}
          change={(action) => set('onClear', action)}
        />
      </Stack>
    </Fold>
  );
}

type Inhibition = NonNullable<AlertRule['inhibitWhen']>;

function InhibitionFields(props: {
  of: AlertRule['inhibitWhen'];
  otherRules: readonly string[];
  change: (of: Inhibition | undefined) => void;
}) {
  const { t } = useTranslation();
  const { of = {}, otherRules, change } = props;
  const { formula = '', rule } = of;
  const set = (next: { formula: string; rule: string | undefined }) => {
    const part = {
      ...(next.formula === '' ? {} : { formula: next.formula }),
      ...(next.rule === undefined ? {} : { rule: next.rule }),
    };
    change(Object.keys(part).length === 0 ? undefined : part);
  };
  return (
    <Part title={t('rules.more.part.inhibitWhen')} hint={t('rules.more.inhibitHint')}>
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <FormulaField
          label={t('rules.more.inhibitFormula')}
          value={formula}
          change={(typed) => set({ formula: typed, rule })}
        />
        <Select
          label={t('rules.more.inhibitRule')}
          description={t('rules.more.inhibitRuleHint')}
          placeholder={t('common.none')}
          clearable
          data={[...new Set([...otherRules, ...(rule === undefined ? [] : [rule])])]}
          value={rule ?? null}
          onChange={(chosen) => set({ formula, rule: chosen ?? undefined })}
        />
      </Group>
    </Part>
  );
}

type Chatter = NonNullable<AlertRule['chatter']>;

function ChatterFields(props: { of: AlertRule['chatter']; change: (of: Chatter | undefined) => void }) {
  const { t } = useTranslation();
  const { of = {}, change } = props;
  const set = (part: Chatter) => change(Object.keys(part).length === 0 ? undefined : part);
  const { enabled: isOn = true, ...figures } = of;
  return (
    <Part title={t('rules.more.part.chatter')} hint={t('rules.more.chatterHint')}>
      <Switch
        label={t('rules.more.chatterOn')}
        checked={isOn}
        onChange={(event) => set(event.currentTarget.checked ? figures : { ...figures, enabled: false })}
      />
      {isOn && (
        <Fields>
          <OptionalCount
            label={t('rules.more.activations')}
            placeholder="3"
            name="activations"
            min={2}
            max={20}
            of={of}
            change={set}
          />
          <OptionalSeconds
            label={t('rules.more.within')}
            placeholder="60 s"
            name="withinMilliseconds"
            min={1}
            of={of}
            change={set}
          />
          <OptionalSeconds
            label={t('rules.more.shelve')}
            placeholder="600 s"
            name="shelveMilliseconds"
            min={1}
            of={of}
            change={set}
          />
        </Fields>
      )}
    </Part>
  );
}
