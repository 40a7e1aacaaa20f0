import { ActionIcon, Button, Group, NumberInput, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconPlus, IconTrash } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { limitNames } from '../api/alert-rule.ts';
import { WideTable } from '../components/wide-table.tsx';
import type { FinishedRule } from './category-draft.ts';
import { RuleBody, type RuleSurroundings } from './rule-body.tsx';
import { conditionsOf } from './rule-draft.ts';
import {
  emptySignal,
  errorCodeOf,
  freshLimit,
  type SignalDraft,
  setpointOf,
  withErrorCode,
  withSetpoint,
} from './signal-draft.ts';

const signalsMax = 100;
const columnsCount = 8;

interface EditorProps {
  signals: SignalDraft[];
  finished: readonly FinishedRule[];
  surroundings: RuleSurroundings;
  change: (signals: SignalDraft[]) => void;
}

/** The signals of a category with their limits, one row for each; what else a limit leads to unfolds under it. */
export function SignalsEditor(props: EditorProps) {
  const { t } = useTranslation();
  const { signals, change } = props;
  const add = () => change([...signals, emptySignal(Math.max(0, ...signals.map(({ key }) => key)) + 1)]);
  return (
    <>
      <SignalRows {...props} />
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

function SignalRows({ signals, finished, surroundings, change }: EditorProps) {
  const { t } = useTranslation();
  // Whether the details of a row are in sight; those that were never opened are not there. A condition beside the
  // limits of a row is never hidden.
  const [opened, setOpened] = useState<ReadonlyMap<number, boolean>>(
    () => new Map(signals.filter(({ rule }) => conditionsOf(rule).length > 0).map(({ key }) => [key, true])),
  );
  const open = (key: number, isOpen: boolean) => setOpened((before) => new Map([...before, [key, isOpen]]));
  return (
    <WideTable hasDetails minWidth={860} withRowBorders={false} verticalSpacing={4} horizontalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('device.signal')}</Table.Th>
          <Table.Th w={110}>{t('categories.unit')}</Table.Th>
          {limitNames.map((name) => (
            <Table.Th key={name} w={105}>
              {name.toUpperCase()}
            </Table.Th>
          ))}
          <Table.Th w={105}>{t('case.errorCode')}</Table.Th>
          <Table.Th w={40} />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {signals.map((signal) => (
          <SignalRow
            key={signal.key}
            signal={signal}
            finished={finished.find(({ row }) => row === signal.key)}
            surroundings={surroundings}
            isOpen={opened.get(signal.key)}
            open={(isOpen) => open(signal.key, isOpen)}
            set={(changed) => change(signals.map((one) => (one.key === signal.key ? changed : one)))}
            remove={() => change(signals.filter(({ key }) => key !== signal.key))}
          />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

interface RowProps {
  signal: SignalDraft;
  finished: FinishedRule | undefined;
  surroundings: RuleSurroundings;
  isOpen: boolean | undefined;
  open: (isOpen: boolean) => void;
  set: (signal: SignalDraft) => void;
  remove: () => void;
}

function SignalRow(props: RowProps) {
  const { t } = useTranslation();
  const { remove } = props;
  return (
    <Fragment>
      <Table.Tr>
        <SignalCells {...props} />
        <Table.Td>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('categories.removeSignal')}
            onClick={remove}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Table.Td>
      </Table.Tr>
      {props.isOpen !== undefined && <RowDetails {...props} />}
    </Fragment>
  );
}

function SignalCells({ signal, isOpen = false, open, set }: RowProps) {
  const { t } = useTranslation();
  const name = signal.name.trim() || t('device.signal');
  const code = errorCodeOf(signal);
  return (
    <>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <TextInput
            flex={1}
            aria-label={t('device.signal')}
            placeholder="temperature"
            required
            pattern="[A-Za-z0-9][A-Za-z0-9_.\/\-]{0,99}"
            value={signal.name}
            onChange={(event) => set({ ...signal, name: event.currentTarget.value })}
          />
          <ActionIcon
            variant={isOpen ? 'light' : 'subtle'}
            {...(isOpen ? {} : { color: 'gray' })}
            aria-expanded={isOpen}
            aria-label={t('rules.more.ofSignal', { signal: name })}
            title={t('rules.more.ofSignal', { signal: name })}
            onClick={() => open(!isOpen)}
          >
            <IconAdjustmentsHorizontal size={16} />
          </ActionIcon>
        </Group>
      </Table.Td>
      <Table.Td>
        <TextInput
          aria-label={t('categories.unit')}
          placeholder="Cel"
          maxLength={32}
          value={signal.unit}
          onChange={(event) => set({ ...signal, unit: event.currentTarget.value })}
        />
      </Table.Td>
      {limitNames.map((name) => (
        <Table.Td key={name}>
          <NumberInput
            aria-label={name.toUpperCase()}
            hideControls
            value={setpointOf(signal, name)}
            onChange={(value) => set(withSetpoint(signal, name, value === '' ? '' : Number(value)))}
          />
        </Table.Td>
      ))}
      <Table.Td>
        <NumberInput
          aria-label={t('case.errorCode')}
          placeholder={code === undefined ? t('rules.more.several') : ''}
          hideControls
          value={code ?? ''}
          onChange={(value) => set(withErrorCode(signal, value === '' ? '' : Number(value)))}
        />
      </Table.Td>
    </>
  );
}

/** Delays, deadbands and severities of a row's limits, and what else their rule says. */
function RowDetails({ signal, finished, surroundings, isOpen, open, set }: RowProps) {
  const { t } = useTranslation();
  const name = signal.name.trim();
  return (
    <Table.Tr
      data-testid="signal-details"
      hidden={!isOpen}
      // The browser shows its complaint at a field that it can bring into sight, so the field is there at once.
      onInvalidCapture={() => flushSync(() => open(true))}
    >
      <Table.Td colSpan={columnsCount} className="row-details">
        <div>
          <Stack gap="sm" py="xs">
            <Text fw={600} size="sm">
              {t('rules.more.ofSignal', { signal: name || t('device.signal') })}
            </Text>
            <RuleBody
              rule={{ ...signal.rule, signal: name }}
              finished={finished?.rule}
              unit={signal.unit}
              surroundings={surroundings}
              fresh={freshLimit(signal)}
              change={(rule) => set({ ...signal, rule })}
            />
          </Stack>
        </div>
      </Table.Td>
    </Table.Tr>
  );
}
