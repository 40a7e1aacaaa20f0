import { Alert, Button, Group, Modal, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle, IconRefresh, IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCancelCommand, useIssueCommand } from '../api/commands.ts';
import { queries } from '../api/queries.ts';
import type { Command, CommandDefinition, Device } from '../api/types.ts';
import { CommandBadge } from '../components/badges.tsx';
import { commandReasonInWords } from '../components/command-reason.ts';
import { Panel } from '../components/panel.tsx';
import { ParameterFields } from '../components/parameter-fields.tsx';
import { HoldWarning, RetryCommand } from '../components/retry-command.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { emptyDraft, valuesOf } from './parameter-draft.ts';

export const isRetryable = (state: string) =>
  ['FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED', 'CANCELLED'].includes(state);
const isEnded = (state: string) => state === 'SUCCEEDED' || isRetryable(state);

export function RebootButton({ device }: { device: Device }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const send = useIssueCommand(device.id);
  return (
    <>
      <SendCommandButton device={device} />
      <Button leftSection={<IconRefresh size={16} />} onClick={open}>
        {t('device.reboot')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('device.rebootAsk', { name: device.name })} centered>
        <Stack>
          <Text size="sm">{t('device.rebootText')}</Text>
          <HoldWarning deviceId={device.id} />
          {send.error && <Trouble error={send.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button
              loading={send.isPending}
              onClick={() => send.mutate({ name: 'reboot', parameters: {} }, { onSuccess: close })}
              data-testid="confirm-reboot"
            >
              {t('device.reboot')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

/** Every command of the category that whoever looks on may send, apart from a reboot, which has its own button. */
function SendCommandButton({ device }: { device: Device }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const session = useQuery(queries.session());
  const role = session.data?.user.role;
  const commands = device.category.commands.filter(
    ({ name, roles }) =>
      name !== 'reboot' &&
      (role === 'administrator' || roles === undefined || (role !== undefined && roles.includes(role))),
  );
  if (commands.length === 0 || !session.data?.user.permissions.includes('commands:send')) {
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

export function CommandPanel({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation();
  const commands = useQuery(queries.commands(deviceId));
  return (
    <Panel title={t('device.commands')}>
      <Loaded query={commands}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t('device.noCommands')} />
          ) : (
            <Stack gap="sm">
              {page.items.map((command) => (
                <CommandEntry key={command.id} command={command} />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** One command with the states that it went through, oldest first. */
function CommandEntry({ command }: { command: Command }) {
  const { t } = useTranslation();
  return (
    <Stack gap={2} data-testid="command">
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600}>
          {command.name}
        </Text>
        <CommandBadge state={command.state} />
      </Group>
      <CommandParameters command={command} />
      <Text size="xs" c="dimmed">
        {command.history.map((entry) => t(`commandState.${entry.state}`, entry.state)).join(' → ')}
      </Text>
      {command.reason && <Text size="xs">{commandReasonInWords(command.reason, t)}</Text>}
      {command.bootIdAfter && command.bootIdBefore && (
        <Text size="xs" c="dimmed">
          {t('device.bootId')}: {command.bootIdBefore} → {command.bootIdAfter}
        </Text>
      )}
      <Group gap="xs" justify="space-between">
        <TimeAgo at={command.issuedAt} size="xs" />
        <CommandActions command={command} />
      </Group>
    </Stack>
  );
}

/** `speed: 900, ramp: {"seconds":2}` */
export function CommandParameters({ command }: { command: Pick<Command, 'parameters'> }) {
  const entries = Object.entries(command.parameters);
  return entries.length === 0 ? null : (
    <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      {entries
        .map(
          ([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
        )
        .join(', ')}
    </Text>
  );
}

/** Cancel it while it waits; try it again when it did not succeed. */
export function CommandActions({ command }: { command: Command }) {
  const { t } = useTranslation();
  const session = useQuery(queries.session());
  const cancel = useCancelCommand();
  if (!session.data?.user.permissions.includes('commands:send')) {
    return null;
  }
  return (
    <Stack gap={4} align="flex-end">
      <Group gap="xs">
        {command.retriedBy !== null && (
          <Text size="xs" c="dimmed">
            {t('commands.retried')}
          </Text>
        )}
        {command.jobId !== null && (
          <Link to="/jobs/$jobId" params={{ jobId: command.jobId }}>
            <Text size="xs">{t('commands.ofJob')}</Text>
          </Link>
        )}
        {!isEnded(command.state) && (
          <Button
            size="compact-xs"
            variant="default"
            disabled={command.cancelRequestedAt !== null}
            loading={cancel.isPending}
            onClick={() => cancel.mutate(command.id)}
          >
            {t(command.cancelRequestedAt === null ? 'common.cancel' : 'commands.cancelAsked')}
          </Button>
        )}
        {isRetryable(command.state) && command.retriedBy === null && (
          <RetryCommand
            commandId={command.id}
            deviceId={command.deviceId}
            jobId={command.jobId}
            testId="retry-command"
          />
        )}
      </Group>
      {cancel.error && <Trouble error={cancel.error} />}
    </Stack>
  );
}
