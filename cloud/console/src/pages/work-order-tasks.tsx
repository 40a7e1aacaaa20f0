import { ActionIcon, Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddTask, useRemoveTask, useTickTask, type WorkOrder } from '../api/work-orders.ts';
import { Panel } from '../components/panel.tsx';
import { Empty, Trouble } from '../components/states.tsx';

export function WorkOrderTasks({ item, writable }: { item: WorkOrder; writable: boolean }) {
  const { t } = useTranslation();
  const tick = useTickTask(item.id);
  const remove = useRemoveTask(item.id);
  const error = tick.error ?? remove.error;
  return (
    <Panel
      title={t('workOrders.tasks')}
      side={
        item.tasksTotal > 0 && (
          <Text size="sm" c="dimmed" className="number">
            {item.tasksDone} / {item.tasksTotal}
          </Text>
        )
      }
    >
      <Stack gap="xs">
        {item.tasks.length === 0 && <Empty title={t('workOrders.noTasks')} />}
        {item.tasks.map((task) => (
          <Group key={task.id} justify="space-between" wrap="nowrap" data-testid="task">
            <Checkbox
              checked={task.doneAt !== null}
              disabled={!writable || tick.isPending}
              onChange={(event) => tick.mutate({ id: task.id, done: event.currentTarget.checked })}
              label={task.title}
              description={
                task.minutes === null ? undefined : t('workOrders.minutes', { count: task.minutes })
              }
              styles={{ label: { overflowWrap: 'anywhere' } }}
            />
            {writable && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('workOrders.removeTask', { task: task.title })}
                loading={remove.isPending && remove.variables === task.id}
                onClick={() => remove.mutate(task.id)}
              >
                <IconX size={15} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {error && <Trouble error={error} />}
        {writable && <NewTask workOrderId={item.id} />}
      </Stack>
    </Panel>
  );
}

function NewTask({ workOrderId }: { workOrderId: string }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState('');
  const add = useAddTask(workOrderId);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(title, { onSuccess: () => setTitle('') });
      }}
    >
      <Group gap="xs" wrap="nowrap">
        <TextInput
          style={{ flex: 1 }}
          aria-label={t('workOrders.addTask')}
          placeholder={t('workOrders.addTask')}
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={add.isPending} disabled={title.trim() === ''}>
          {t('workOrders.addTask')}
        </Button>
      </Group>
      {add.error && <Trouble error={add.error} />}
    </form>
  );
}
