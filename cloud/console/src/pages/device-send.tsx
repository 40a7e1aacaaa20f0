import { Alert, Button, Group, Modal, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle, IconRefresh, IconSend } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useIssueCommand } from '../api/commands.ts';
import type { CommandDefinition, Device } from '../api/types.ts';
import { useMaySend } from '../components/may.ts';
import { ParameterFields } from '../components/parameter-fields.tsx';
import { HoldWarning } from '../components/retry-command.tsx';
import { Trouble } from '../components/states.tsx';
import { emptyDraft, valuesOf } from './parameter-draft.ts';

/** What whoever looks on may send to the device: nothing, for most. */
export function SendButtons({ device }: { device: Device }) {
  return (
    <>
      <SendCommandButton device={device} />
      <RebootButton device={device} />
    </>
  );
}

/** Every device can be asked to reboot; a category may say more about it: who may, and what it is to be told. */
function RebootButton({ device }: { device: Device }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const maySend = useMaySend();
  const ofCategory = device.category.commands.find(({ name }) => name === 'reboot');
  const command = { name: 'reboot', title: t('device.reboot'), ...ofCategory, destructive: true };
  if (!maySend(command)) {
    return null;
  }
  return (
    <>
      <Button leftSection={<IconRefresh size={16} />} onClick={open}>
        {t('device.reboot')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('device.rebootAsk', { name: device.name })} centered>
        <Stack>
          <Text size="sm">{t('device.rebootText')}</Text>
          <HoldWarning deviceId={device.id} />
          {command.parameters?.length ? (
            <ParametersForm device={device} command={command} onSent={close} />
          ) : (
            <PlainReboot deviceId={device.id} onDone={close} />
          )}
        </Stack>
      </Modal>
    </>
  );
}

function PlainReboot({ deviceId, onDone }: { deviceId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const send = useIssueCommand(deviceId);
  return (
    <>
      {send.error && <Trouble error={send.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('common.cancel')}
        </Button>
        <Button
          loading={send.isPending}
          onClick={() => send.mutate({ name: 'reboot', parameters: {} }, { onSuccess: onDone })}
          data-testid="confirm-reboot"
        >
          {t('device.reboot')}
        </Button>
      </Group>
    </>
  );
}

/** Every command of the category that whoever looks on may send, apart from a reboot, which has its own button. */
function SendCommandButton({ device }: { device: Device }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const maySend = useMaySend();
  const commands = device.category.commands.filter((one) => one.name !== 'reboot' && maySend(one));
  if (commands.length === 0) {
    return null;
  }
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSend size={16} />}
        onClick={open}
        data-testid="send-command"
      >
        {t('commands.send')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('commands.sendTo', { name: device.name })} centered>
        <SendCommandForm device={device} commands={commands} onSent={close} />
      </Modal>
    </>
  );
}

function SendCommandForm(props: { device: Device; commands: CommandDefinition[]; onSent: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState<string | null>(props.commands[0]?.name ?? null);
  const command = props.commands.find((one) => one.name === name);
  return (
    <Stack>
      <HoldWarning deviceId={props.device.id} />
      <Select
        label={t('commands.command')}
        allowDeselect={false}
        data={props.commands.map((one) => ({ value: one.name, label: one.title }))}
        value={name}
        onChange={setName}
      />
      {command && (
        <ParametersForm key={command.name} device={props.device} command={command} onSent={props.onSent} />
      )}
    </Stack>
  );
}

/** What is destructive is asked for twice: once filled in, it says what it does before it is sent. */
function ParametersForm(props: { device: Device; command: CommandDefinition; onSent: () => void }) {
  const { device, command, onSent } = props;
  const { t } = useTranslation();
  const parameters = command.parameters ?? [];
  const [draft, setDraft] = useState(() => emptyDraft(parameters));
  const [seconds, setSeconds] = useState<number | string>(command.expiresInSeconds ?? 120);
  const [asked, setAsked] = useState(false);
  const send = useIssueCommand(device.id);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (command.destructive && !asked) {
          setAsked(true);
          return;
        }
        send.mutate(
          { name: command.name, parameters: valuesOf(parameters, draft), expiresInSeconds: Number(seconds) },
          { onSuccess: onSent, onError: () => setAsked(false) },
        );
      }}
    >
      <Stack>
        <ParameterFields
          parameters={parameters}
          draft={draft}
          change={(changed) => {
            setDraft(changed);
            setAsked(false);
          }}
          error={send.error}
        />
        <NumberInput
          label={t('commands.expires')}
          description={t('commands.expiresSendHint')}
          required
          min={1}
          max={604_800}
          allowDecimal={false}
          value={seconds}
          onChange={setSeconds}
        />
        {asked && (
          <Alert color="red" icon={<IconAlertTriangle />} data-testid="destructive-ask">
            {t('commands.destructiveAsk', { command: command.title, name: device.name })}
          </Alert>
        )}
        {send.error && <Trouble error={send.error} />}
        <Group justify="flex-end">
          <Button
            type="submit"
            loading={send.isPending}
            {...(command.destructive ? { color: 'red' } : {})}
            data-testid="confirm-send-command"
          >
            {asked ? t('commands.sendAnyway') : t('device.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
