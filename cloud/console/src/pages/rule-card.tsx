import { ActionIcon, Group, Paper, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import { RuleBody, type RuleSurroundings } from './rule-body.tsx';
import { kindsOf, type RuleDraft } from './rule-draft.ts';

/** One rule, with what it will do in plain words. */
export function RuleCard(props: {
  draft: RuleDraft;
  /** The rule as it would be saved. */
  finished: AlertRule | undefined;
  surroundings: RuleSurroundings;
  change: (rule: AlertRule) => void;
  remove: () => void;
}) {
  const { t } = useTranslation();
  const { draft, finished, surroundings, change, remove } = props;
  const { rule, isNew } = draft;
  const { signals } = surroundings;
  const signal = signals.find(({ id }) => id === rule.signal);
  return (
    <Paper withBorder p="sm" data-testid="alert-rule">
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap">
          <Text fw={600}>
            {kindsOf(rule)
              .map((kind) => t(`rules.kind.${kind}`))
              .join(', ')}
          </Text>
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
            data={signals.map(({ id, name }) => ({ value: id, label: name }))}
            error={signal ? undefined : t('rules.noSignal', { signal: rule.signal })}
            value={signal ? rule.signal : null}
            onChange={(chosen) => change({ ...rule, signal: chosen ?? rule.signal })}
          />
        </SimpleGrid>
        <RuleBody
          rule={rule}
          finished={finished}
          unit={signal?.unit ?? ''}
          surroundings={surroundings}
          change={change}
        />
      </Stack>
    </Paper>
  );
}
