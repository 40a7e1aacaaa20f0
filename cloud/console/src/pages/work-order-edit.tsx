import { Button, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { priorities } from '../api/escalation-policy.ts';
import { useEditWorkOrder, type WorkOrder, type WorkOrderEdit } from '../api/work-orders.ts';
import { useEdited } from '../components/edited.ts';
import { SaveRow } from '../components/save-row.tsx';

/** What may be changed of a work order that is open: its title, what is to be done, and its priority. */
export function EditWorkOrderButton({ item }: { item: WorkOrder }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPencil size={16} />}
        onClick={open}
        data-testid="edit-work-order"
      >
        {t('customers.edit')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('workOrders.edit')} centered>
        {opened && <EditForm item={item} onSaved={close} />}
      </Modal>
    </>
  );
}

const toEdit = ({ title, description, priority }: WorkOrder): WorkOrderEdit => ({
  title,
  description,
  priority,
});

function EditForm({ item, onSaved }: { item: WorkOrder; onSaved: () => void }) {
  const { t } = useTranslation();
  const save = useEditWorkOrder(item.id);
  const edited = useEdited(item, toEdit, `/v1/work-orders/${item.id}`);
  const { input: edit, set } = edited;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const description = edit.description?.trim() ? edit.description : null;
        save.mutate({ version: edited.base.version, edit: { ...edit, description } }, { onSuccess: onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('workOrders.titleOf')}
          required
          maxLength={200}
          data-autofocus
          value={edit.title}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
        <Textarea
          label={t('workOrders.what')}
          autosize
          minRows={3}
          maxLength={10_000}
          value={edit.description ?? ''}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        <Select
          label={t('workOrders.priority')}
          allowDeselect={false}
          data={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))}
          value={edit.priority}
          onChange={(value) => set({ priority: value ?? edit.priority })}
        />
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}
