import { Button, Menu, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { CategoryDraft } from './category-draft.ts';
import { RuleCard } from './rule-card.tsx';
import { kindsOf, namedRules, newRule, newRuleKinds, type RuleDraft } from './rule-draft.ts';

const rulesMax = 100;

/** The rules of a category beside the limits of its signals, a card for each. */
export function RulesEditor(props: { draft: CategoryDraft; change: (rules: RuleDraft[]) => void }) {
  const { t } = useTranslation();
  const { draft, change } = props;
  const { rules } = draft;
  const signals = draft.signals
    .filter(({ name }) => name.trim() !== '')
    // A rule holds the name that its signal had when the form was opened; it is renamed with it.
    .map(({ of, name, unit }) => ({ id: of ?? name.trim(), name: name.trim(), unit }));
  const cards = rules.filter((rule) => kindsOf(rule).length > 0);
  const siblings = namedRules(rules);
  return (
    <Stack gap="sm">
      <div>
        <Title order={3} size="h5">
          {t('rules.title')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('rules.intro')}
        </Text>
      </div>
      {cards.map((card) => (
        <RuleCard
          key={card.key}
          draft={card}
          signals={signals}
          siblings={siblings}
          change={(rule) =>
            change(rules.map((other) => (other.key === card.key ? { ...other, rule } : other)))
          }
          remove={() =>
            change(rules.flatMap((other) => (other.key === card.key ? withoutCard(other) : [other])))
          }
        />
      ))}
      <Menu position="bottom-start" withinPortal>
        <Menu.Target>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} />}
            style={{ alignSelf: 'flex-start' }}
            disabled={signals.length === 0 || rules.length >= rulesMax}
          >
            {t('rules.add')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown maw="min(420px, 90vw)" mah="60vh" style={{ overflowY: 'auto' }}>
          {newRuleKinds.map((kind) => (
            <Menu.Item
              key={kind}
              onClick={() =>
                change([
                  ...rules,
                  newRule(kind, signals[0]?.id ?? '', Math.max(-1, ...rules.map(({ key }) => key)) + 1),
                ])
              }
            >
              {t(`rules.kind.${kind}`)}
              <Text size="xs" c="dimmed">
                {t(`rules.about.${kind}`)}
              </Text>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Stack>
  );
}

/** Of a rule whose limits stand in the table of signals these stay. */
function withoutCard(draft: RuleDraft): RuleDraft[] {
  if (!draft.isOfRow) return [];
  const {
    stale: _,
    stuck: _stuck,
    badQuality: _bad,
    errorCodes: _codes,
    expression: _formula,
    ...rule
  } = draft.rule;
  return [{ ...draft, rule }];
}
