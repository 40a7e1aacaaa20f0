import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useCancelCommand } from '../api/commands.ts';
import { queries } from '../api/queries.ts';
import type { Command } from '../api/types.ts';
import { CommandBadge } from '../components/badges.tsx';
import { commandReasonInWords } from '../components/command-reason.ts';
import { Panel } from '../components/panel.tsx';
import { RetryCommand } from '../components/retry-command.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

export const isRetryable = (state: string) =>
  ['FAILED', 'TIMED_OUT', 'EXPIRED', 'REJECTED', 'CANCELLED'].includes(state);
const isEnded = (state: string) => state === 'SUCCEEDED' || isRetryable(state);

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
