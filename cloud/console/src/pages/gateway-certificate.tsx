import { Badge, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type GatewayRecord, useBindCertificate, useUnbindCertificate } from '../api/registry.ts';
import { ConfirmForm } from '../components/confirm-form.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { Panel } from '../components/panel.tsx';
import { Trouble } from '../components/states.tsx';

/** The client certificate that the gateway must show, where it must show one. */
export function CertificatePanel({ gateway, mayWrite }: { gateway: GatewayRecord; mayWrite: boolean }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<'bind' | 'unbind' | null>(null);
  const isBound = gateway.certificateSha256 !== null;
  return (
    <Panel
      title={t('gateway.certificate')}
      side={
        <Badge
          variant="light"
          miw="max-content"
          color={isBound ? 'green' : 'gray'}
          data-testid="certificate-state"
        >
          {t(isBound ? 'gateway.certificateBound' : 'gateway.certificateFree')}
        </Badge>
      }
    >
      <Text size="sm">{t(isBound ? 'gateway.certificateBoundText' : 'gateway.certificateFreeText')}</Text>
      <DetailList
        entries={[
          [t('gateway.certificateSha256'), gateway.certificateSha256],
          [t('gateway.certificateNext'), gateway.nextCertificateSha256],
        ]}
      />
      {mayWrite && (
        <Group gap="xs" mt="xs">
          <Button size="xs" variant="default" onClick={() => setAsked('bind')}>
            {t(isBound ? 'gateway.certificateChange' : 'gateway.certificateBind')}
          </Button>
          {isBound && (
            <Button size="xs" variant="default" color="red" onClick={() => setAsked('unbind')}>
              {t('gateway.certificateUnbind')}
            </Button>
          )}
        </Group>
      )}
      <Modal
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={t(asked === 'unbind' ? 'gateway.certificateUnbind' : 'gateway.certificate')}
        size="lg"
        centered
      >
        {asked === 'bind' && <BindForm gateway={gateway} onDone={() => setAsked(null)} />}
        {asked === 'unbind' && <Unbind gatewayId={gateway.id} onDone={() => setAsked(null)} />}
      </Modal>
    </Panel>
  );
}

const fingerprintCharactersMax = 95;

function BindForm({ gateway, onDone }: { gateway: GatewayRecord; onDone: () => void }) {
  const { t } = useTranslation();
  const bind = useBindCertificate(gateway.id);
  const [present, setPresent] = useState(gateway.certificateSha256 ?? '');
  const [next, setNext] = useState(gateway.nextCertificateSha256 ?? '');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const binding = { certificateSha256: present.trim(), nextCertificateSha256: next.trim() || null };
        bind.mutate(binding, { onSuccess: onDone });
      }}
    >
      <Stack>
        <TextInput
          label={t('gateway.certificateSha256')}
          description={t('gateway.certificateHint')}
          required
          maxLength={fingerprintCharactersMax}
          value={present}
          onChange={(event) => setPresent(event.currentTarget.value)}
        />
        <TextInput
          label={t('gateway.certificateNext')}
          description={t('gateway.certificateNextHint')}
          maxLength={fingerprintCharactersMax}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        {bind.error && <Trouble error={bind.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={bind.isPending}>
            {t('gateway.certificateBind')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Unbind({ gatewayId, onDone }: { gatewayId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const unbind = useUnbindCertificate(gatewayId);
  return (
    <ConfirmForm
      text={t('gateway.certificateUnbindText')}
      action={t('gateway.certificateUnbind')}
      change={unbind}
      onConfirm={() => unbind.mutate(undefined, { onSuccess: onDone })}
      onClose={onDone}
    />
  );
}
