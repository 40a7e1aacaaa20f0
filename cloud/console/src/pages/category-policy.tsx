import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useEditCategory } from '../api/queries.ts';
import type { DeviceCategory } from '../api/types.ts';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { Panel } from '../components/panel.tsx';
import { codesOf, newRule, parametersOf, type RuleDraft, toPolicy, toRuleDrafts } from './policy-draft.ts';
import { PolicyRuleCard } from './policy-rule.tsx';

const rulesMax = 50;

/** What is done about faults of the category's devices: a form for the rules, each said in plain words. */
export function CategoryPolicy(props: {
  base: DeviceCategory;
  saved: (category: DeviceCategory) => void;
  /** Reads the category anew, where somebody else changed it. */
  takeNow: () => Promise<DeviceCategory>;
}) {
  const { t } = useTranslation();
  const { base, saved } = props;
  const edit = useEditCategory();
  const [rules, setRules] = useState(() => toRuleDrafts(base.escalationPolicy));
  const change = (key: number, part: Partial<RuleDraft>) =>
    setRules((current) => current.map((rule) => (rule.key === key ? { ...rule, ...part } : rule)));
  const raise = (index: number) =>
    setRules((current) => {
      const [moved] = current.slice(index, index + 1);
      return moved === undefined
        ? current
        : [
            ...current.slice(0, index - 1),
            moved,
            ...current.slice(index - 1, index),
            ...current.slice(index + 1),
          ];
    });
  const isReadable = rules.every(
    ({ codes, remedies }) =>
      codesOf(codes) !== undefined &&
      remedies.every(({ parameters }) => parameters.trim() === '' || parametersOf(parameters) !== undefined),
  );
  const takeNow = async () => {
    const now = await props.takeNow();
    // A policy that nobody touched here becomes the other's.
    const untouched = toPolicy(toRuleDrafts(base.escalationPolicy));
    if (JSON.stringify(toPolicy(rules)) === JSON.stringify(untouched)) {
      setRules(toRuleDrafts(now.escalationPolicy));
    }
  };
  const save = () => {
    const { id, version, ...input } = base;
    edit.mutate(
      { id, version, input: { ...writable(input), escalationPolicy: toPolicy(rules) } },
      {
        onSuccess: (category) => {
          saved(category);
          setRules(toRuleDrafts(category.escalationPolicy));
        },
      },
    );
  };
  return (
    <Panel title={t('policy.title')}>
      <form
        data-testid="policy"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {rules.length === 0 ? t('policy.empty') : t('policy.intro')}
          </Text>
          {rules.map((rule, index) => (
            <PolicyRuleCard
              key={rule.key}
              number={index + 1}
              rule={rule}
              category={base}
              change={(part) => change(rule.key, part)}
              remove={() => setRules((current) => current.filter(({ key }) => key !== rule.key))}
              {...(index === 0 ? {} : { raise: () => raise(index) })}
            />
          ))}
          <ChangeTrouble change={edit} takeNow={takeNow} />
          {edit.isSuccess && (
            <Alert color="green" role="status">
              {t('policy.saved')}
            </Alert>
          )}
          <Group justify="space-between">
            <Button
              variant="default"
              leftSection={<IconPlus size={14} />}
              disabled={rules.length >= rulesMax}
              onClick={() => setRules([...rules, newRule(Math.max(-1, ...rules.map(({ key }) => key)) + 1)])}
            >
              {t('policy.addRule')}
            </Button>
            <Button type="submit" loading={edit.isPending} disabled={!isReadable}>
              {t('policy.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

/** What the cloud takes back of a category. */
function writable(category: Omit<DeviceCategory, 'id' | 'version'>) {
  const { name, signals, rules, commands } = category;
  return { name, signals, rules, commands };
}
