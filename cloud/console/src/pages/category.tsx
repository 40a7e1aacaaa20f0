import { Alert, Paper, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../api/client.ts';
import { queries, useEditCategory } from '../api/queries.ts';
import type { DeviceCategory } from '../api/types.ts';
import { ReadOnlyUnless } from '../components/allowed.tsx';
import { keepTyped } from '../components/edited.ts';
import { PageTitle } from '../components/page-title.tsx';
import { SaveRow } from '../components/save-row.tsx';
import { Loaded } from '../components/states.tsx';
import { CommandsEditor } from './category-commands.tsx';
import { toDraft, withDraft } from './category-draft.ts';
import { CategoryFields } from './category-fields.tsx';
import { CategoryPolicy } from './category-policy.tsx';

export function CategoryPage() {
  const { categoryId } = useParams({ strict: false });
  const category = useQuery(queries.category(categoryId ?? ''));
  return <Loaded query={category}>{(found) => <CategoryView key={found.id} category={found} />}</Loaded>;
}

/** `category` may become newer while it is edited: what is saved is based on the version that was opened. */
function CategoryView({ category }: { category: DeviceCategory }) {
  const { t } = useTranslation();
  const edit = useEditCategory();
  const [base, setBase] = useState(category);
  const [draft, setDraft] = useState(() => toDraft(category));
  const [allowsJustInTime, setAllowsJustInTime] = useState(category.allowsJustInTime ?? false);
  const takeNow = async () => {
    const now = await call<DeviceCategory>('GET', `/v1/device-categories/${base.id}`);
    setDraft((typed) => keepTyped(toDraft(base), typed, toDraft(now)));
    setAllowsJustInTime((typed) =>
      typed === (base.allowsJustInTime ?? false) ? (now.allowsJustInTime ?? false) : typed,
    );
    setBase(now);
    return now;
  };
  return (
    <>
      <PageTitle title={category.name} sub={category.id} />
      <ReadOnlyUnless may="devices:write">
        <Stack>
          <Paper
            withBorder
            p="md"
            component="form"
            onSubmit={(event) => {
              event.preventDefault();
              const input = { ...withDraft(base, draft), allowsJustInTime };
              edit.mutate(
                { id: base.id, version: base.version, input },
                {
                  onSuccess: (saved) => {
                    setBase(saved);
                    setDraft(toDraft(saved));
                  },
                },
              );
            }}
          >
            <CategoryFields draft={draft} change={setDraft}>
              <CommandsEditor
                commands={draft.commands}
                change={(commands) => setDraft((current) => ({ ...current, commands }))}
              />
              <Switch
                label={t('registry.allowsJustInTime')}
                checked={allowsJustInTime}
                onChange={(event) => setAllowsJustInTime(event.currentTarget.checked)}
              />
              <Text size="xs" c="dimmed">
                {t('categories.editHint')}
              </Text>
              {edit.isSuccess && (
                <Alert color="green" role="status">
                  {t('categories.saved')}
                </Alert>
              )}
              <SaveRow save={edit} takeNow={takeNow} />
            </CategoryFields>
          </Paper>
          <CategoryPolicy base={base} saved={setBase} takeNow={takeNow} />
        </Stack>
      </ReadOnlyUnless>
    </>
  );
}
