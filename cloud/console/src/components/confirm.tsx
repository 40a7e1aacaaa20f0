import { Modal } from '@mantine/core';
import type { ComponentProps } from 'react';
import { ConfirmForm } from './confirm-form.tsx';

/** Asks before what cannot be taken back at once. */
export function Confirm({ title, ...form }: ComponentProps<typeof ConfirmForm> & { title: string }) {
  return (
    <Modal opened onClose={form.onClose} title={title} centered>
      <ConfirmForm {...form} />
    </Modal>
  );
}
