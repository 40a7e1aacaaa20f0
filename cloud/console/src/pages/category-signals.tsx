import { ActionIcon, Button, Group, NumberInput, Table, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { WideTable } from '../components/wide-table.tsx';
import { emptySignal, type SignalDraft } from './category-draft.ts';

const signalsMax = 100;

/** The signals of a category with their limits, one row for each. */
export function SignalsEditor(props: { signals: SignalDraft[]; change: (signals: SignalDraft[]) => void }) {
  const { t } = useTranslation();
  const { signals, change } = props;
  const add = () => change([...signals, emptySignal(Math.max(0, ...signals.map(({ key }) => key)) + 1)]);
  return (
    <>
      <SignalRows
        signals={signals}
        set={(key, part) =>
          change(signals.map((signal) => (signal.key === key ? { ...signal, ...part } : signal)))
        }
        remove={(key) => change(signals.filter((signal) => signal.key !== key))}
      />
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={add}
          disabled={signals.length >= signalsMax}
        >
          {t('categories.addSignal')}
        </Button>
      </Group>
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
    <WideTable minWidth={820} withRowBorders={false} verticalSpacing={4} horizontalSpacing={6}>
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
    </WideTable>
  );
}
