import { Button, Group, Textarea } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Trouble } from './states.tsx';

/** Writes a note on whatever `add` adds it to. */
export function NoteForm({ add }: { add: UseMutationResult<unknown, Error, string> }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(text, { onSuccess: () => setText('') });
      }}
    >
      <Group align="flex-end" gap="xs" mb="md" wrap="nowrap">
        <Textarea
          style={{ flex: 1 }}
          aria-label={t('case.note')}
          placeholder={t('case.note')}
          autosize
          maxLength={10_000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={add.isPending} disabled={text.trim() === ''}>
          {t('case.noteSubmit')}
        </Button>
      </Group>
      {add.error && <Trouble error={add.error} />}
    </form>
  );
}
