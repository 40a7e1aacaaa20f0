import { Button, Checkbox, Group, Paper, Stack, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateCategory } from '../api/queries.ts';
import { AllowedPage } from '../components/allowed.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Trouble } from '../components/states.tsx';
import { type CategoryDraft, emptySignal, toNewCategory } from './category-draft.ts';
import { SignalsEditor } from './category-signals.tsx';

export function NewCategoryPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateCategory();
  const [draft, setDraft] = useState<CategoryDraft>({
    name: '',
    signals: [emptySignal(0)],
    commands: [],
    escalate: true,
  });
  return (
    <>
      <PageTitle title={t('categories.add')} sub={t('categories.newIntro')} />
      <AllowedPage to={['devices:write']}>
        <Paper
          withBorder
          p="md"
          component="form"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate(toNewCategory(draft), { onSuccess: () => void navigate({ to: '/categories' }) });
          }}
        >
          <Stack>
            <TextInput
              maw={420}
              label={t('categories.name')}
              name="name"
              required
              maxLength={200}
              value={draft.name}
              onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
            />
            <SignalsEditor
              signals={draft.signals}
              change={(signals) => setDraft((current) => ({ ...current, signals }))}
            />
            <Checkbox
              label={t('categories.escalate')}
              checked={draft.escalate}
              onChange={(event) => setDraft({ ...draft, escalate: event.currentTarget.checked })}
            />
            {create.error && <Trouble error={create.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={create.isPending}>
                {t('categories.submit')}
              </Button>
            </Group>
          </Stack>
        </Paper>
      </AllowedPage>
    </>
  );
}
