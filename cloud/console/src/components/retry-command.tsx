import { Alert, Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { commandQueries, type HoldReason, useRetryCommand } from '../api/commands.ts';
import { Trouble } from './states.tsx';

/** Says what speaks against sending to a device now, before somebody does; nothing where nothing does. */
export function HoldWarning({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation();
  const holds = useQuery(commandQueries.holds(deviceId, null));
  const reasons = holds.data?.reasons ?? [];
  return reasons.length === 0 ? null : <HoldReasons reasons={reasons} text={t('commands.heldSend')} />;
}

function HoldReasons({ reasons, text }: { reasons: HoldReason[]; text: string }) {
  const { t } = useTranslation();
  return (
    <Alert color="orange" icon={<IconAlertTriangle />} data-testid="hold-warning">
      <Stack gap={4}>
        <List size="sm">
          {reasons.map((reason) => (
            <List.Item key={reason}>{t(`jobs.hold.${reason}`)}</List.Item>
          ))}
        </List>
        <Text size="sm">{text}</Text>
      </Stack>
    </Alert>
  );
}

/** Tries a command again, at once where nothing speaks against it; else it says what does, and asks. */
export function RetryCommand(props: {
  commandId: string;
  deviceId: string;
  jobId: string | null;
  testId: string;
}) {
  const { commandId, deviceId, jobId } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const retry = useRetryCommand();
  const [known, setKnown] = useState<HoldReason[]>([]);
  const [looking, setLooking] = useState(false);
  const [trouble, setTrouble] = useState<Error | null>(null);
  const close = () => setKnown([]);
  const look = async () => {
    setLooking(true);
    setTrouble(null);
    try {
      const { reasons } = await client.fetchQuery(commandQueries.holds(deviceId, jobId));
      setKnown(reasons);
      if (reasons.length === 0) {
        retry.mutate({ commandId, despite: [] });
      }
    } catch (error) {
      setTrouble(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setLooking(false);
    }
  };
  const error = trouble ?? retry.error;
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        loading={looking || retry.isPending}
        onClick={() => void look()}
        data-testid={props.testId}
      >
        {t('common.retry')}
      </Button>
      {known.length === 0 && error && <Trouble error={error} />}
      <Modal opened={known.length > 0} onClose={close} title={t('commands.heldTitle')} centered>
        <Stack>
          <HoldReasons
            reasons={known}
            text={t(jobId === null ? 'commands.heldSend' : 'commands.heldOfJob')}
          />
          {error && <Trouble error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button
              color="red"
              loading={retry.isPending}
              onClick={() => retry.mutate({ commandId, despite: known }, { onSuccess: close })}
              data-testid="retry-anyway"
            >
              {t('commands.retryAnyway')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
