import { unitSymbol } from '@andon/shared/kernel/units';
import {
  ActionIcon,
  Alert,
  Code,
  Group,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import { ConditionFields, MeasureFields } from './rule-conditions.tsx';
import { type ConditionKind, conditionKinds, kindsOf, mistakesOf, type RuleDraft } from './rule-draft.ts';
import { LimitFields } from './rule-limits.tsx';
import { alertRuleSentence, limitUnit } from './rule-sentence.ts';

export interface SignalOfForm {
  /** What rules of the form know it by. */
  id: string;
  name: string;
  unit: string;
}

/** What the form has no place for, and keeps. */
const keptKeys = ['schedule', 'inhibitWhen', 'chatter', 'onAlert', 'onClear'] as const;

function keptOf(rule: AlertRule): Record<string, unknown> {
  const severities = rule.errorCodes?.severities;
  return {
    ...Object.fromEntries(keptKeys.filter((key) => rule[key] !== undefined).map((key) => [key, rule[key]])),
    ...(severities === undefined ? {} : { errorCodes: { severities } }),
  };
}

/** One rule, with what it will do in plain words. */
export function RuleCard(props: {
  draft: RuleDraft;
  signals: SignalOfForm[];
  siblings: readonly AlertRule[];
  change: (rule: AlertRule) => void;
  remove: () => void;
}) {
  const { t, i18n } = useTranslation();
  const { draft, signals, siblings, change, remove } = props;
  const { rule, isNew, isOfRow } = draft;
  const unit = unitSymbol(signals.find(({ id }) => id === rule.signal)?.unit ?? '');
  const kinds = kindsOf(draft);
  const ids = signals.map(({ id }) => id);
  const isThere = ids.includes(rule.signal);
  const kept = keptOf(rule);
  return (
    <Paper withBorder p="sm" data-testid="alert-rule">
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap">
          <Text fw={600}>{kinds.map((kind) => t(`rules.kind.${kind}`)).join(', ')}</Text>
          <ActionIcon variant="subtle" color="gray" aria-label={t('rules.remove')} onClick={remove}>
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
        <SimpleGrid cols={{ base: 1, sm: 2 }} maw={640}>
          <TextInput
            label={t('rules.name')}
            placeholder={t('rules.nameHint')}
            readOnly={!isNew}
            pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
            value={rule.name}
            onChange={(event) => change({ ...rule, name: event.currentTarget.value })}
          />
          <Select
            label={t('device.signal')}
            required
            allowDeselect={false}
            disabled={isOfRow}
            data={signals.map(({ id, name }) => ({ value: id, label: name }))}
            error={isThere ? undefined : t('rules.noSignal', { signal: rule.signal })}
            value={isThere ? rule.signal : null}
            onChange={(signal) => change({ ...rule, signal: signal ?? rule.signal })}
          />
        </SimpleGrid>
        {kinds.map((kind) =>
          isCondition(kind) ? (
            <ConditionFields key={kind} kind={kind} rule={rule} unit={unit} change={change} />
          ) : (
            <Stack key={kind} gap="sm">
              <MeasureFields rule={rule} others={ids.filter((id) => id !== rule.signal)} change={change} />
              <LimitFields
                rule={rule}
                unit={limitUnit(kind, rule, { unit, language: i18n.language })}
                change={change}
              />
            </Stack>
          ),
        )}
        <Switch
          label={t('rules.latched')}
          checked={rule.latched ?? false}
          onChange={(event) => {
            const { latched: _, ...others } = rule;
            change(event.currentTarget.checked ? { ...others, latched: true } : others);
          }}
        />
        {Object.keys(kept).length > 0 && (
          <Stack gap={4}>
            <Text size="xs" c="dimmed">
              {t('rules.kept')}
            </Text>
            <Code block>{JSON.stringify(kept, null, 2)}</Code>
          </Stack>
        )}
        {mistakesOf(rule, siblings, ids).map(({ path, message }) => (
          <Alert key={`${path} ${message}`} color="red" role="alert" p="xs">
            {t('rules.mistake', { message })}
          </Alert>
        ))}
        <Text size="sm" fw={500} data-testid="alert-rule-sentence">
          {alertRuleSentence(draft, {
            t: (key, values) => t(key, values ?? {}),
            language: i18n.language,
            unit,
          })}
        </Text>
      </Stack>
    </Paper>
  );
}

const isCondition = (kind: string): kind is ConditionKind =>
  (conditionKinds as readonly string[]).includes(kind);
