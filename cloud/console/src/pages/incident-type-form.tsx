import {
  ActionIcon,
  Button,
  Group,
  NumberInput,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type IncidentType, type IncidentTypeInput, priorities } from '../api/escalation-policy.ts';
import { useEditIncidentType, useMakeIncidentType } from '../api/incident-types.ts';
import { useEdited } from '../components/edited.ts';
import { SaveRow } from '../components/save-row.tsx';
import { slugOf } from './rule-draft.ts';

const tasksMax = 100;
/** A month. */
const minutesMax = 43_200;

const toInput = (stored: IncidentType | undefined): IncidentTypeInput => ({
  name: stored?.name ?? '',
  description: stored?.description ?? null,
  priority: stored?.priority ?? 'normal',
  tasks: stored?.tasks ?? [],
});

/** Makes an incident type, or changes one. Work orders that were made of it keep the tasks that they have. */
export function IncidentTypeForm(props: { stored: IncidentType | undefined; onSaved: () => void }) {
  const { stored, onSaved } = props;
  const { t } = useTranslation();
  const make = useMakeIncidentType();
  const save = useEditIncidentType(stored?.id ?? '');
  const edited = useEdited(stored, toInput, `/v1/incident-types/${stored?.id ?? ''}`);
  const { input, set } = edited;
  const [typed, setTyped] = useState<string>();
  const id = stored?.id ?? typed ?? slugOf(input.name);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const description = input.description?.trim() ? input.description : null;
        const whole = { ...input, description };
        if (edited.base === undefined) {
          make.mutate({ ...whole, id }, { onSuccess: onSaved });
        } else {
          save.mutate({ version: edited.base.version, input: whole }, { onSuccess: onSaved });
        }
      }}
    >
      <Stack>
        <TextInput
          label={t('workOrders.name')}
          required
          maxLength={200}
          data-autofocus
          value={input.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        {stored === undefined && (
          <TextInput
            label={t('workOrders.typeId')}
            description={t('workOrders.typeIdHint')}
            required
            maxLength={63}
            pattern="[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
            value={id}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <Textarea
          label={t('workOrders.description')}
          autosize
          minRows={2}
          maxLength={10_000}
          value={input.description ?? ''}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        <Select
          label={t('workOrders.priority')}
          allowDeselect={false}
          data={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))}
          value={input.priority}
          onChange={(value) => set({ priority: value ?? input.priority })}
        />
        <TaskFields tasks={input.tasks} change={(tasks) => set({ tasks })} />
        <SaveRow save={edited.base === undefined ? make : save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}

type Tasks = IncidentTypeInput['tasks'];

function TaskFields({ tasks, change }: { tasks: Tasks; change: (tasks: Tasks) => void }) {
  const { t } = useTranslation();
  const setTask = (index: number, part: Partial<Tasks[number]>) =>
    change(tasks.map((task, place) => (place === index ? { ...task, ...part } : task)));
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        {t('workOrders.tasksOfType')}
      </Text>
      {tasks.map((task, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a task is its place
        <Group key={index} gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            required
            maxLength={200}
            aria-label={t('workOrders.task', { number: index + 1 })}
            value={task.title}
            onChange={(event) => setTask(index, { title: event.currentTarget.value })}
          />
          <NumberInput
            w={96}
            suffix=" min"
            aria-label={t('workOrders.minutesOf', { number: index + 1 })}
            min={1}
            max={minutesMax}
            allowDecimal={false}
            value={task.minutes ?? ''}
            onChange={(value) => setTask(index, { minutes: value === '' ? null : Number(value) })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('workOrders.removeTask', { task: task.title })}
            onClick={() => change(tasks.filter((_, place) => place !== index))}
          >
            <IconX size={15} />
          </ActionIcon>
        </Group>
      ))}
      {tasks.length < tasksMax && (
        <Button
          w="max-content"
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => change([...tasks, { title: '', minutes: null }])}
        >
          {t('workOrders.addTask')}
        </Button>
      )}
    </Stack>
  );
}
