import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ChangeTrouble } from './change-trouble.tsx';

/** The end of a form: what went wrong, a way on where somebody else was first, and the button that saves. */
export function SaveRow({
  save,
  takeNow,
}: {
  save: { readonly error: Error | null; readonly isPending: boolean; readonly reset: () => void };
  takeNow: () => Promise<unknown>;
}) {
  const { t } = useTranslation();
  return (
    <>
      <ChangeTrouble change={save} takeNow={takeNow} />
      <Group justify="flex-end">
        <Button type="submit" loading={save.isPending}>
          {t('customers.save')}
        </Button>
      </Group>
    </>
  );
}
