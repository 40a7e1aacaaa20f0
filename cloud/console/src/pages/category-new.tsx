import { Button, Checkbox, Group, Paper } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateCategory } from '../api/queries.ts';
import { AllowedPage } from '../components/allowed.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Trouble } from '../components/states.tsx';
import { type CategoryDraft, toNewCategory } from './category-draft.ts';
import { CategoryFields } from './category-fields.tsx';
import { emptySignal } from './signal-draft.ts';

export function NewCategoryPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateCategory();
  const [draft, setDraft] = useState<CategoryDraft>({
    name: '',
    signals: [emptySignal(0)],
    rules: [],
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
          <CategoryFields draft={draft} change={setDraft}>
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
          </CategoryFields>
        </Paper>
      </AllowedPage>
    </>
  );
}
