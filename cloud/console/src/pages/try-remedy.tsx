import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useTryRemedy, type WholeAlert } from '../api/alert.ts';
import { queries } from '../api/queries.ts';
import { HoldWarning } from '../components/retry-command.tsx';
import { Trouble } from '../components/states.tsx';

/** A remedy by hand: it is verified as those of the policy are. */
export function TryRemedyButton({ alert }: { alert: WholeAlert }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const [chosen, setChosen] = useState('reboot');
  const device = useQuery(queries.device(alert.deviceId));
  const send = useTryRemedy(alert.id);
  const commands = device.data?.category.commands ?? [];
  const titles = new Map([
    ['reboot', t('device.reboot')],
    ...commands.map(({ name, title }) => [name, title] as const),
  ]);
  return (
    <>
      <Button variant="default" size="xs" onClick={open} data-testid="try-remedy">
        {t('policy.tryRemedy')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('policy.tryRemedy')} centered>
        <Stack>
          <Select
            label={t('policy.command')}
            allowDeselect={false}
            data={[...titles].map(([value, label]) => ({ value, label }))}
            value={chosen}
            onChange={(value) => setChosen(value ?? chosen)}
          />
          <Text size="sm">{t('policy.remedyText')}</Text>
          <HoldWarning deviceId={alert.deviceId} />
          {send.error && <Trouble error={send.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button
              loading={send.isPending}
              onClick={() => send.mutate(chosen, { onSuccess: close })}
              data-testid="confirm-remedy"
            >
              {t('policy.send')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
