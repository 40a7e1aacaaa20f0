import { Button, Code, CopyButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAddGateway } from '../api/registry.ts';
import { Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

/** A gateway comes into the registry, and a code is shown that is typed at its machine. */
export function AddGatewayButton() {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button leftSection={<IconPlus size={16} />} onClick={open}>
        {t('registry.addGateway')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('registry.addGateway')} size="lg" centered>
        {opened && <AddForm />}
      </Modal>
    </>
  );
}

function AddForm() {
  const { t } = useTranslation();
  const add = useAddGateway();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  if (add.data) {
    return <EnrolmentCode {...add.data.enrolment} />;
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ id, name });
      }}
    >
      <Stack>
        <TextInput
          label={t('connect.assetName')}
          required
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('registry.gatewayId')}
          description={t('connect.deviceIdHint')}
          required
          pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        {add.error && <Trouble error={add.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={add.isPending}>
            {t('registry.addGateway')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The code, and what is to be typed at the gateway. Shown this once. */
export function EnrolmentCode({ code, expiresAt }: { code: string; expiresAt: string }) {
  const { t } = useTranslation();
  // The gateway refuses a line that others on the way can read, unless it is told to.
  const isInClear = location.protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(location.hostname);
  const line = `npm run gateway -- enrol --url ${location.origin} --code ${code}${isInClear ? ' --insecure' : ''}`;
  return (
    <Stack>
      <Text size="sm">{t('registry.enrolText')}</Text>
      <Code block data-testid="enrolment-line">
        {line}
      </Code>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {t('registry.goodUntil')} <TimeAgo at={expiresAt} size="xs" />
        </Text>
        <CopyButton value={line}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? t('common.copied') : t('common.copy')}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}
