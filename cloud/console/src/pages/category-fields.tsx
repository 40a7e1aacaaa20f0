import { Stack, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type CategoryDraft, finishedRules } from './category-draft.ts';
import { RulesEditor } from './category-rules.tsx';
import { SignalsEditor } from './category-signals.tsx';

/** What a category is written with, whether it is new or not: its name, its signals with limits, its other rules. */
export function CategoryFields(props: {
  draft: CategoryDraft;
  change: (update: (current: CategoryDraft) => CategoryDraft) => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const { draft, change, children } = props;
  const set = (part: Partial<CategoryDraft>) => change((current) => ({ ...current, ...part }));
  const finished = finishedRules(draft);
  const surroundings = {
    signals: draft.signals
      .filter(({ name }) => name.trim() !== '')
      // A rule holds the name that its signal had when the form was opened; it is renamed with it.
      .map(({ of, name, unit }) => ({ id: of ?? name.trim(), name: name.trim(), unit })),
    rules: finished.map(({ rule }) => rule),
  };
  return (
    <Stack>
      <TextInput
        maw={420}
        label={t('categories.name')}
        name="name"
        required
        maxLength={200}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <SignalsEditor
        signals={draft.signals}
        finished={finished}
        surroundings={surroundings}
        change={(signals) => set({ signals })}
      />
      <RulesEditor
        draft={draft}
        finished={finished}
        surroundings={surroundings}
        change={(rules) => set({ rules })}
      />
      {children}
    </Stack>
  );
}
