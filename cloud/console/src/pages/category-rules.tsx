import { Button, Menu, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { CategoryDraft, FinishedRule } from './category-draft.ts';
import type { RuleSurroundings } from './rule-body.tsx';
import { RuleCard } from './rule-card.tsx';
import { kindsOf, newRule, newRuleKinds, type RuleDraft } from './rule-draft.ts';

const rulesMax = 100;

/** The rules of a category beside the limits of its signals, a card for each. */
export function RulesEditor(props: {
  draft: CategoryDraft;
  finished: readonly FinishedRule[];
  surroundings: RuleSurroundings;
  change: (rules: RuleDraft[]) => void;
}) {
  const { t } = useTranslation();
  const { draft, finished, surroundings, change } = props;
  const { rules } = draft;
  const { signals } = surroundings;
  const cards = rules.filter(({ rule }) => kindsOf(rule).length > 0);
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
          finished={finished.find((one) => one.card === card.key)?.rule}
          surroundings={surroundings}
          change={(rule) =>
            change(rules.map((other) => (other.key === card.key ? { ...other, rule } : other)))
          }
          remove={() => change(rules.filter((other) => other.key !== card.key))}
        />
      ))}
      <Menu position="bottom-start" withinPortal>
        <Menu.Target>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} />}
            style={{ alignSelf: 'flex-start' }}
            disabled={signals.length === 0 || finished.length >= rulesMax}
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
