import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { queries, useSendCommand } from '../api/queries.ts';
import type { Command, Device } from '../api/types.ts';
import { CommandBadge } from '../components/badges.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

export function RebootButton({ device }: { device: Device }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const send = useSendCommand(device.id);
  return (
    <>
      <Button leftSection={<IconRefresh size={16} />} onClick={open}>
        {t('device.reboot')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('device.rebootAsk', { name: device.name })} centered>
        <Stack>
          <Text size="sm">{t('device.rebootText')}</Text>
          {send.error && <Trouble error={send.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button
              loading={send.isPending}
              onClick={() => send.mutate('reboot', { onSuccess: close })}
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
      <Text size="xs" c="dimmed">
        {command.history.map((entry) => t(`commandState.${entry.state}`, entry.state)).join(' → ')}
      </Text>
      {command.reason && <Text size="xs">{command.reason}</Text>}
      {command.bootIdAfter && command.bootIdBefore && (
        <Text size="xs" c="dimmed">
          {t('device.bootId')}: {command.bootIdBefore} → {command.bootIdAfter}
        </Text>
      )}
      <TimeAgo at={command.issuedAt} size="xs" />
    </Stack>
  );
}
