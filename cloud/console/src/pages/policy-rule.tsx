import {
  ActionIcon,
  Group,
  MultiSelect,
  NumberInput,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconArrowUp, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { calls, incidentTypes, priorities, severities } from '../api/escalation-policy.ts';
import type { DeviceCategory } from '../api/types.ts';
import { codesOf, type RuleDraft, toRule } from './policy-draft.ts';
import { PolicyRemedies } from './policy-remedies.tsx';
import { ruleSentence } from './policy-sentence.ts';

const secondsMax = 86_400;

interface RuleProps {
  rule: RuleDraft;
  category: DeviceCategory;
  change: (part: Partial<RuleDraft>) => void;
}

/** One rule of the policy, with what it will do in plain words. */
export function PolicyRuleCard(
  props: RuleProps & { number: number; remove: () => void; raise?: () => void },
) {
  const { t } = useTranslation();
  const { number, rule, category, change, remove, raise } = props;
  return (
    <Paper withBorder p="sm" data-testid="policy-rule">
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" align="flex-end">
          <TextInput
            flex={1}
            maw={420}
            label={t('policy.name', { number })}
            placeholder={t('policy.nameHint')}
            maxLength={200}
            value={rule.name ?? ''}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <Group gap={4} wrap="nowrap">
            {raise && (
              <ActionIcon variant="subtle" color="gray" aria-label={t('policy.raise')} onClick={raise}>
                <IconArrowUp size={16} />
              </ActionIcon>
            )}
            <ActionIcon variant="subtle" color="gray" aria-label={t('policy.removeRule')} onClick={remove}>
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        </Group>
        <Criteria rule={rule} category={category} change={change} />
        <PolicyRemedies
          remedies={rule.remedies}
          commands={category.commands}
          change={(remedies) => change({ remedies })}
        />
        {rule.remedies.length > 0 && <Verification rule={rule} change={change} />}
        <Calls rule={rule} change={change} />
        <Text size="sm" fw={500} data-testid="policy-sentence">
          {ruleSentence(toRule(rule), (key, values) => t(key, values ?? {}))}
        </Text>
      </Stack>
    </Paper>
  );
}

function Criteria({ rule, category, change }: RuleProps) {
  const { t } = useTranslation();
  const isReadable = codesOf(rule.codes) !== undefined;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
      <TextInput
        label={t('policy.codes')}
        placeholder="11-, 20-29, 42"
        value={rule.codes}
        error={isReadable ? undefined : t('policy.codesError')}
        onChange={(event) => change({ codes: event.currentTarget.value })}
      />
      <MultiSelect
        label={t('policy.severities')}
        placeholder={rule.severities.length === 0 ? t('policy.any') : ''}
        data={[...severities]}
        value={rule.severities}
        onChange={(chosen) => change({ severities: severities.filter((one) => chosen.includes(one)) })}
      />
      <MultiSelect
        label={t('policy.rules')}
        placeholder={rule.rules.length === 0 ? t('policy.any') : ''}
        searchable
        data={category.rules.map(({ name }) => name)}
        value={rule.rules}
        onChange={(rules) => change({ rules })}
      />
      <MultiSelect
        label={t('policy.signals')}
        placeholder={rule.signals.length === 0 ? t('policy.any') : ''}
        searchable
        data={category.signals.map(({ name }) => name)}
        value={rule.signals}
        onChange={(signals) => change({ signals })}
      />
    </SimpleGrid>
  );
}

function Verification({ rule, change }: Omit<RuleProps, 'category'>) {
  const { t } = useTranslation();
  const set = (part: Partial<RuleDraft['verify']>) => change({ verify: { ...rule.verify, ...part } });
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} maw={560}>
      <NumberInput
        label={t('policy.within')}
        suffix=" s"
        required
        allowDecimal={false}
        min={1}
        max={secondsMax}
        value={rule.verify.withinSeconds}
        onChange={(value) => set({ withinSeconds: Number(value) })}
      />
      <NumberInput
        label={t('policy.clearFor')}
        suffix=" s"
        required
        allowDecimal={false}
        min={0}
        max={secondsMax}
        value={rule.verify.clearForSeconds}
        onChange={(value) => set({ clearForSeconds: Number(value) })}
      />
    </SimpleGrid>
  );
}

function Calls({ rule, change }: Omit<RuleProps, 'category'>) {
  const { t } = useTranslation();
  const types = useQuery(incidentTypes());
  const sendsSomebody = rule.otherwise.endsWith('work-order');
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <Select
        label={rule.remedies.length === 0 ? t('policy.callsAtOnce') : t('policy.calls')}
        allowDeselect={false}
        data={calls.map((value) => ({ value, label: t(`policy.call.${value}`) }))}
        value={rule.otherwise}
        onChange={(value) => change({ otherwise: calls.find((one) => one === value) ?? 'case' })}
      />
      {sendsSomebody && (
        <Select
          label={t('policy.incidentType')}
          placeholder={t('common.none')}
          clearable
          data={(types.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={rule.incidentTypeId ?? null}
          onChange={(value) => change({ incidentTypeId: value ?? '' })}
        />
      )}
      {rule.otherwise !== 'none' && (
        <Select
          label={t('policy.priorityOf')}
          placeholder={t('policy.priorityByAlert')}
          clearable
          data={priorities.map((value) => ({ value, label: t(`policy.priority.${value}`) }))}
          value={rule.priority ?? null}
          onChange={(value) => change({ priority: priorities.find((one) => one === value) })}
        />
      )}
    </SimpleGrid>
  );
}
