import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNewCredentials } from '../api/registry.ts';
import { Confirm } from '../components/confirm.tsx';
import { Secret } from '../components/secret.tsx';

/** A new MQTT password for the machine, for instance after it was registered by a table. It is shown once. */
export function NewCredentialsButton({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation();
  const make = useNewCredentials(deviceId);
  const [asked, setAsked] = useState(false);
  const close = () => {
    setAsked(false);
    // The password stays nowhere.
    make.reset();
  };
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setAsked(true)} data-testid="new-credentials">
        {t('registration.newCredentials')}
      </Button>
      {asked && make.data === undefined && (
        <Confirm
          title={t('registration.newCredentials')}
          text={t('registration.askCredentials')}
          action={t('registration.makeCredentials')}
          change={make}
          onConfirm={() => make.mutate(undefined)}
          onClose={close}
        />
      )}
      <Modal
        opened={asked && make.data !== undefined}
        onClose={close}
        title={t('registration.newCredentials')}
        centered
      >
        {make.data && (
          <Secret
            text={t('registration.credentialsText')}
            note={t('registration.credentialsNote', { username: make.data.username })}
            secret={make.data.password}
            copy={t('registration.copyPassword')}
          />
        )}
      </Modal>
    </>
  );
}
