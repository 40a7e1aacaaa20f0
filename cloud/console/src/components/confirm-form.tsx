import { Button, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ChangeTrouble } from './change-trouble.tsx';

/** Says what a change that cannot be taken back at once will do, and does it or not. */
export function ConfirmForm(props: {
  text: string;
  action: string;
  change: { readonly isPending: boolean; readonly error: Error | null; readonly reset: () => void };
  /** Where the record is not of a query: reads it anew after somebody else's change. */
  takeNow?: () => Promise<unknown>;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Text size="sm">{props.text}</Text>
      <ChangeTrouble change={props.change} {...(props.takeNow ? { takeNow: props.takeNow } : {})} />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={props.onClose}>
          {t('common.cancel')}
        </Button>
        <Button color="red" loading={props.change.isPending} onClick={props.onConfirm} data-testid="confirm">
          {props.action}
        </Button>
      </Group>
    </Stack>
  );
}
