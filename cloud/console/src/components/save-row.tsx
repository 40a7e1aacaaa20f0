import { Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Trouble } from './states.tsx';

/** The end of a form: what went wrong, and the button that saves. */
export function SaveRow({ save }: { save: { readonly error: Error | null; readonly isPending: boolean } }) {
  const { t } = useTranslation();
  return (
    <>
      {save.error && <Trouble error={save.error} />}
      <Group justify="flex-end">
        <Button type="submit" loading={save.isPending}>
          {t('customers.save')}
        </Button>
      </Group>
    </>
  );
}
