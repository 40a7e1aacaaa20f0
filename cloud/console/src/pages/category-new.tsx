import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Paper,
  Stack,
  Table,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateCategory } from '../api/queries.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Trouble } from '../components/states.tsx';
import { type CategoryDraft, emptySignal, type SignalDraft, toNewCategory } from './category-draft.ts';

const signalsMax = 100;

export function NewCategoryPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const create = useCreateCategory();
  const [draft, setDraft] = useState<CategoryDraft>({ name: '', signals: [emptySignal(0)], escalate: true });
  const setSignal = (key: number, change: Partial<SignalDraft>) =>
    setDraft((current) => ({
      ...current,
      signals: current.signals.map((signal) => (signal.key === key ? { ...signal, ...change } : signal)),
    }));
  const addSignal = () =>
    setDraft((current) => ({
      ...current,
      signals: [...current.signals, emptySignal(Math.max(0, ...current.signals.map(({ key }) => key)) + 1)],
    }));
  const removeSignal = (key: number) =>
    setDraft((current) => ({ ...current, signals: current.signals.filter((signal) => signal.key !== key) }));
  return (
    <>
      <PageTitle title={t('categories.add')} sub={t('categories.newIntro')} />
      <Paper
        withBorder
        p="md"
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(toNewCategory(draft), { onSuccess: () => void navigate({ to: '/categories' }) });
        }}
      >
        <Stack>
          <TextInput
            maw={420}
            label={t('categories.name')}
            name="name"
            required
            maxLength={200}
            value={draft.name}
            onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          />
          <SignalRows signals={draft.signals} set={setSignal} remove={removeSignal} />
          <Group>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPlus size={14} />}
              onClick={addSignal}
              disabled={draft.signals.length >= signalsMax}
            >
              {t('categories.addSignal')}
            </Button>
          </Group>
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
        </Stack>
      </Paper>
    </>
  );
}

const numbers = ['hihi', 'hi', 'lo', 'lolo', 'errorCode'] as const;

function SignalRows(props: {
  signals: SignalDraft[];
  set: (key: number, change: Partial<SignalDraft>) => void;
  remove: (key: number) => void;
}) {
  const { t } = useTranslation();
  const title = (name: (typeof numbers)[number]) =>
    name === 'errorCode' ? t('case.errorCode') : name.toUpperCase();
  return (
    <Table.ScrollContainer minWidth={820}>
      <Table withRowBorders={false} verticalSpacing={4} horizontalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('device.signal')}</Table.Th>
            <Table.Th w={110}>{t('categories.unit')}</Table.Th>
            {numbers.map((name) => (
              <Table.Th key={name} w={105}>
                {title(name)}
              </Table.Th>
            ))}
            <Table.Th w={40} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.signals.map((signal) => (
            <Table.Tr key={signal.key}>
              <Table.Td>
                <TextInput
                  aria-label={t('device.signal')}
                  placeholder="temperature"
                  required
                  pattern="[A-Za-z0-9][A-Za-z0-9_.\/\-]{0,99}"
                  value={signal.name}
                  onChange={(event) => props.set(signal.key, { name: event.currentTarget.value })}
                />
              </Table.Td>
              <Table.Td>
                <TextInput
                  aria-label={t('categories.unit')}
                  placeholder="Cel"
                  maxLength={32}
                  value={signal.unit}
                  onChange={(event) => props.set(signal.key, { unit: event.currentTarget.value })}
                />
              </Table.Td>
              {numbers.map((name) => (
                <Table.Td key={name}>
                  <NumberInput
                    aria-label={title(name)}
                    hideControls
                    value={signal[name]}
                    onChange={(value) => props.set(signal.key, { [name]: value === '' ? '' : Number(value) })}
                  />
                </Table.Td>
              ))}
              <Table.Td>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('categories.removeSignal')}
                  onClick={() => props.remove(signal.key)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
