import { Badge, Button, Group, Modal, NumberInput, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { accountChoices, siteChoices } from '../api/choices.ts';
import { queries } from '../api/queries.ts';
import {
  type GatewayRecord,
  registryQueries,
  useEditGateway,
  useEnrolmentCode,
  useRevokeKey,
} from '../api/registry.ts';
import { ConfirmForm } from '../components/confirm-form.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { useEdited } from '../components/edited.ts';
import { Panel } from '../components/panel.tsx';
import { SaveRow } from '../components/save-row.tsx';
import { SearchingSelect } from '../components/searching-select.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';
import { DevicesBehindPanel } from './device-definition.tsx';
import { CertificatePanel } from './gateway-certificate.tsx';
import { EnrolmentCode } from './gateway-new.tsx';
import { RejectionsPanel } from './rejections.tsx';

/** The gateway in the registry: its key, whose it is, and what it has not taken yet. */
export function GatewayRegistry({ gatewayId }: { gatewayId: string }) {
  const session = useQuery(queries.session());
  const gateway = useQuery(registryQueries.gateway(gatewayId));
  const mayWrite = session.data?.user.permissions.includes('gateways:write') ?? false;
  return (
    <Loaded query={gateway}>
      {(found) => (
        <Stack>
          <KeyPanel gateway={found} mayWrite={mayWrite} />
          <CertificatePanel gateway={found} mayWrite={mayWrite} />
          <DevicesBehindPanel gatewayId={gatewayId} />
          <PendingPanel gatewayId={gatewayId} />
          <RejectionsPanel gatewayId={gatewayId} />
          <DiscoveriesPanel gatewayId={gatewayId} />
        </Stack>
      )}
    </Loaded>
  );
}

function KeyPanel({ gateway, mayWrite }: { gateway: GatewayRecord; mayWrite: boolean }) {
  const { t } = useTranslation();
  const code = useEnrolmentCode(gateway.id);
  const [asked, setAsked] = useState<'revoke' | 'edit' | 'code' | null>(null);
  const state = gateway.keyRevokedAt ? 'revoked' : gateway.keyIssuedAt === null ? 'none' : 'good';
  return (
    <Panel
      title={t('registry.key')}
      side={
        <Badge
          variant="light"
          color={state === 'good' ? 'green' : 'red'}
          data-testid="key-state"
          data-state={state}
        >
          {t(`registry.key_${state}`)}
        </Badge>
      }
    >
      <DetailList
        entries={[
          [t('registry.keyIssued'), gateway.keyIssuedAt && <TimeAgo at={gateway.keyIssuedAt} />],
          [t('registry.keyUsed'), gateway.keyIssuedAt && <TimeAgo at={gateway.keyUsedAt} />],
          [t('registry.formerKey'), gateway.formerKeyUntil && <TimeAgo at={gateway.formerKeyUntil} />],
          [
            t('registry.codeOpen'),
            gateway.enrolmentCodeExpiresAt && <TimeAgo at={gateway.enrolmentCodeExpiresAt} />,
          ],
          [t('registry.justInTimeMax'), String(gateway.justInTimeDevicesMax)],
        ]}
      />
      {mayWrite && (
        <Group gap="xs" mt="xs">
          <Button
            size="xs"
            variant="default"
            loading={code.isPending}
            onClick={() => code.mutate(undefined, { onSuccess: () => setAsked('code') })}
          >
            {t('registry.newEnrolmentCode')}
          </Button>
          <Button size="xs" variant="default" onClick={() => setAsked('edit')}>
            {t('customers.edit')}
          </Button>
          {state === 'good' && (
            <Button size="xs" variant="default" color="red" onClick={() => setAsked('revoke')}>
              {t('registry.revoke')}
            </Button>
          )}
        </Group>
      )}
      {code.error && <Trouble error={code.error} />}
      <Modal
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={asked === 'revoke' ? t('registry.revoke') : gateway.name}
        size="lg"
        centered
      >
        {asked === 'code' && code.data && <EnrolmentCode {...code.data} />}
        {asked === 'revoke' && <Revoke gatewayId={gateway.id} onDone={() => setAsked(null)} />}
        {asked === 'edit' && <EditForm gateway={gateway} onSaved={() => setAsked(null)} />}
      </Modal>
    </Panel>
  );
}

function Revoke({ gatewayId, onDone }: { gatewayId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const revoke = useRevokeKey(gatewayId);
  return (
    <ConfirmForm
      text={t('registry.revokeText')}
      action={t('registry.revoke')}
      change={revoke}
      onConfirm={() => revoke.mutate(undefined, { onSuccess: onDone })}
      onClose={onDone}
    />
  );
}

const devicesMax = 100_000;

const toEdit = ({ name, accountId, siteId, justInTimeDevicesMax }: GatewayRecord) => ({
  name,
  accountId,
  siteId,
  justInTimeDevicesMax,
});

function EditForm({ gateway, onSaved }: { gateway: GatewayRecord; onSaved: () => void }) {
  const { t } = useTranslation();
  const save = useEditGateway(gateway.id);
  const edited = useEdited(gateway, toEdit, `/v1/gateways/${gateway.id}`);
  const { input: edit, set } = edited;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ version: edited.base.version, edit }, { onSuccess: onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('connect.assetName')}
          required
          maxLength={200}
          value={edit.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <SearchingSelect
          label={t('connect.account')}
          description={t('registry.gatewayAccountHint')}
          clearable
          choices={accountChoices()}
          value={edit.accountId}
          onChange={(accountId) => set({ accountId, siteId: null })}
        />
        <SearchingSelect
          label={t('registry.site')}
          clearable
          disabled={edit.accountId === null}
          choices={siteChoices(edit.accountId ?? undefined)}
          value={edit.siteId}
          onChange={(siteId) => set({ siteId })}
        />
        <NumberInput
          label={t('registry.justInTimeMax')}
          min={0}
          max={devicesMax}
          value={edit.justInTimeDevicesMax}
          onChange={(value) => set({ justInTimeDevicesMax: Number(value) || 0 })}
        />
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}

/** What is wanted of the gateway beyond its configuration, and may not run there yet. */
function PendingPanel({ gatewayId }: { gatewayId: string }) {
  const { t } = useTranslation();
  const pending = useQuery(registryQueries.pending(gatewayId));
  return (
    <Panel title={t('registry.pending')}>
      <Loaded query={pending}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm">{t('registry.nothingPending')}</Text>
          ) : (
            <WideTable minWidth={420} verticalSpacing={4}>
              <Table.Tbody>
                {items.map((message) => (
                  <Table.Tr key={message.number} data-testid="pending-row">
                    <Table.Td>
                      <Text size="sm">{t(`registry.message_${message.type}`, message.type)}</Text>
                    </Table.Td>
                    <Table.Td>
                      {message.deviceId && (
                        <Link to="/devices/$deviceId" params={{ deviceId: message.deviceId }}>
                          {message.deviceId}
                        </Link>
                      )}
                    </Table.Td>
                    <Table.Td>
                      <TimeAgo at={message.createdAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </WideTable>
          )
        }
      </Loaded>
    </Panel>
  );
}

function DiscoveriesPanel({ gatewayId }: { gatewayId: string }) {
  const { t } = useTranslation();
  const discoveries = useQuery(registryQueries.discoveries(gatewayId));
  return (
    <Panel title={t('registry.discoveries')}>
      <Loaded query={discoveries}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('registry.noDiscoveries')} />
          ) : (
            <WideTable minWidth={420} verticalSpacing={4}>
              <Table.Tbody>
                {items.map((discovery) => (
                  <Table.Tr key={discovery.deviceId} data-testid="discovery-row">
                    <Table.Td>
                      <Text size="sm" fw={600}>
                        {discovery.deviceId}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {discovery.categoryId}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm">
                        {discovery.reason && t(`registry.refused_${discovery.reason}`, discovery.reason)}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <TimeAgo at={discovery.lastAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </WideTable>
          )
        }
      </Loaded>
    </Panel>
  );
}
