import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTryRemedy, type WholeAlert } from '../api/alert.ts';
import { queries } from '../api/queries.ts';
import type { CommandDefinition } from '../api/types.ts';
import { useMaySend } from '../components/may.ts';
import { ParameterFields } from '../components/parameter-fields.tsx';
import { HoldWarning } from '../components/retry-command.tsx';
import { Trouble } from '../components/states.tsx';
import { emptyDraft, type ParameterDraft, valuesOf } from './parameter-draft.ts';

/** A remedy by hand: it is verified as those of the policy are. */
export function TryRemedyButton({ alert }: { alert: WholeAlert }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const maySend = useMaySend();
  const device = useQuery(queries.device(alert.deviceId));
  const ofCategory = device.data?.category.commands ?? [];
  const commands: Offered[] = [
    ...(ofCategory.some(({ name }) => name === 'reboot')
      ? []
      : [{ name: 'reboot', title: t('device.reboot') }]),
    ...ofCategory,
  ];
  const own = commands.filter(maySend);
  return device.data === undefined || own.length === 0 ? null : (
    <>
      <Button variant="default" size="xs" onClick={open} data-testid="try-remedy">
        {t('policy.tryRemedy')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('policy.tryRemedy')} centered>
        <RemedyForm alert={alert} commands={own} onDone={close} />
      </Modal>
    </>
  );
}

type Offered = Pick<CommandDefinition, 'name' | 'title' | 'roles' | 'parameters'>;

function RemedyForm(props: { alert: WholeAlert; commands: Offered[]; onDone: () => void }) {
  const { alert, commands, onDone } = props;
  const { t } = useTranslation();
  const first = commands.find(({ name }) => name === 'reboot') ?? commands[0];
  const [chosen, setChosen] = useState(first?.name ?? '');
  const parametersOf = (name: string) => commands.find((one) => one.name === name)?.parameters ?? [];
  const [draft, setDraft] = useState<ParameterDraft>(() => emptyDraft(parametersOf(chosen)));
  const send = useTryRemedy(alert.id);
  const parameters = parametersOf(chosen);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate({ command: chosen, parameters: valuesOf(parameters, draft) }, { onSuccess: onDone });
      }}
    >
      <Stack>
        <Select
          label={t('policy.command')}
          allowDeselect={false}
          data={commands.map(({ name, title }) => ({ value: name, label: title }))}
          value={chosen}
          onChange={(name) => {
            setChosen(name ?? chosen);
            setDraft(emptyDraft(parametersOf(name ?? chosen)));
          }}
        />
        <ParameterFields parameters={parameters} draft={draft} change={setDraft} error={send.error} />
        <Text size="sm">{t('policy.remedyText')}</Text>
        <HoldWarning deviceId={alert.deviceId} />
        {send.error && <Trouble error={send.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={send.isPending} data-testid="confirm-remedy">
            {t('policy.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
