import { Button, Grid, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { Account, Asset, DeviceSummary } from '../api/types.ts';
import { Allowed } from '../components/allowed.tsx';
import { ConnectionBadge } from '../components/badges.tsx';
import { MachineTableButtons } from '../components/machine-table-buttons.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { AssetForm } from './customer-asset.tsx';
import { ContactsPanel } from './customer-contacts.tsx';
import { HoursPanel } from './customer-hours.tsx';
import { SitesPanel } from './customer-sites.tsx';
import { AccountForm } from './customers.tsx';

export function CustomerPage() {
  const { accountId } = useParams({ strict: false });
  const account = useQuery(queries.account(accountId ?? ''));
  return <Loaded query={account}>{(found) => <CustomerView account={found} />}</Loaded>;
}

function CustomerView({ account }: { account: Account }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <PageTitle title={account.name}>
        <Allowed to="accounts:write">
          <Button variant="default" leftSection={<IconPencil size={16} />} onClick={open}>
            {t('customers.edit')}
          </Button>
        </Allowed>
      </PageTitle>
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <ContactsPanel accountId={account.id} />
            <SitesPanel accountId={account.id} />
            <HoursPanel owner={`/v1/accounts/${account.id}`} withoutAny={t('jobs.noCustomerHours')} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <AssetsPanel accountId={account.id} />
        </Grid.Col>
      </Grid>
      <Modal opened={opened} onClose={close} title={t('customers.edit')} centered>
        <AccountForm account={account} onSaved={close} />
      </Modal>
    </>
  );
}

function AssetsPanel({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const assets = useQuery(queries.assets(accountId));
  const devices = useQuery(queries.devicesOf(accountId));
  const [edited, setEdited] = useState<Asset | 'new' | null>(null);
  return (
    <Panel
      title={t('customers.assets')}
      side={
        <Group gap="xs">
          <MachineTableButtons accountId={accountId} />
          <Allowed to="devices:write">
            <Button component={Link} to="/devices/connect" size="xs" variant="default">
              {t('devices.connect')}
            </Button>
          </Allowed>
          <Allowed to="assets:write">
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={() => setEdited('new')}
            >
              {t('customers.addAsset')}
            </Button>
          </Allowed>
        </Group>
      }
    >
      <Loaded query={assets}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('customers.noAssets')} />
          ) : (
            <Stack gap="sm">
              {items.map((asset) => (
                <AssetLine
                  key={asset.id}
                  asset={asset}
                  device={devices.data?.items.find(({ assetId }) => assetId === asset.id)}
                  edit={() => setEdited(asset)}
                />
              ))}
            </Stack>
          )
        }
      </Loaded>
      <Modal
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={edited === 'new' ? t('customers.addAsset') : t('customers.edit')}
        centered
      >
        {edited !== null && (
          <AssetForm
            accountId={accountId}
            {...(edited === 'new' ? {} : { asset: edited })}
            onSaved={() => setEdited(null)}
          />
        )}
      </Modal>
    </Panel>
  );
}

function AssetLine(props: { asset: Asset; device: DeviceSummary | undefined; edit: () => void }) {
  const { t } = useTranslation();
  const { asset, device } = props;
  const facts = [asset.product, asset.serialNumber, asset.assetNumber].filter((fact) => fact !== null);
  return (
    <Group justify="space-between" align="flex-start" data-testid="asset-row">
      <Stack gap={2} flex={1}>
        <Text size="sm" fw={600}>
          {asset.name}
        </Text>
        <Text size="xs" c="dimmed">
          {facts.join(' · ')}
        </Text>
        {device === undefined ? (
          <Text size="xs" c="dimmed">
            {t('customers.notConnected')}
          </Text>
        ) : (
          <Group gap="xs">
            <Link to="/devices/$deviceId" params={{ deviceId: device.id }}>
              <Text size="sm">{device.id}</Text>
            </Link>
            <ConnectionBadge connected={device.connected} lastActivityAt={device.lastActivityAt} />
          </Group>
        )}
      </Stack>
      <Allowed to="assets:write">
        <Button size="compact-xs" variant="default" onClick={props.edit}>
          {t('customers.edit')}
        </Button>
      </Allowed>
    </Group>
  );
}
