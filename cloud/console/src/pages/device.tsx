import { Badge, Grid, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { Device } from '../api/types.ts';
import { AlertTable } from '../components/alert-table.tsx';
import { ConnectionBadge } from '../components/badges.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { CommandPanel } from './device-commands.tsx';
import { EditDeviceButton } from './device-edit.tsx';
import { LocationPanel } from './device-location.tsx';
import { PropertiesPanel } from './device-properties.tsx';
import { LatestValues, ReadingsPanel } from './device-readings.tsx';
import { RegistrationPanel } from './device-registration.tsx';
import { SendButtons } from './device-send.tsx';
import { RejectionsPanel } from './rejections.tsx';

export function DevicePage() {
  const { deviceId } = useParams({ strict: false });
  const device = useQuery(queries.device(deviceId ?? ''));
  return <Loaded query={device}>{(found) => <DeviceView device={found} />}</Loaded>;
}

function DeviceView({ device }: { device: Device }) {
  const { t } = useTranslation();
  const session = useQuery(queries.session());
  const mayWrite = session.data?.user.permissions.includes('devices:write') ?? false;
  return (
    <>
      <PageTitle
        title={device.name}
        sub={
          <Group gap="xs">
            <ConnectionBadge connected={device.connected} lastActivityAt={device.lastActivityAt} />
            <Text size="sm" component="span">
              {device.id} · {device.category.name}
            </Text>
            {device.simulated && (
              <Badge variant="outline" color="gray">
                {t('common.simulated')}
              </Badge>
            )}
            {device.tags.map((tag) => (
              <Badge key={tag} variant="default" tt="none">
                {tag}
              </Badge>
            ))}
          </Group>
        }
      >
        {mayWrite && <EditDeviceButton device={device} />}
        <SendButtons device={device} />
      </PageTitle>
      <Grid>
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack>
            <ReadingsPanel device={device} />
            <DeviceAlerts deviceId={device.id} />
            <PropertiesPanel device={device} mayWrite={mayWrite} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack>
            <CommandPanel deviceId={device.id} />
            <Panel title={t('device.values')}>
              <LatestValues device={device} />
            </Panel>
            <RejectionsPanel gatewayId={device.gatewayId} deviceId={device.id} />
            <LocationPanel device={device} />
            <Panel title={t('registry.facts')}>
              <DetailList
                entries={[
                  [t('devices.customer'), device.accountName],
                  [t('device.asset'), device.assetName],
                  [t('device.category'), device.category.name],
                  [t('devices.gateway'), device.gatewayId],
                  [t('device.firmware'), device.firmware],
                  [t('device.bootId'), device.bootId],
                  [t('device.lastBoot'), device.lastBootAt && <TimeAgo at={device.lastBootAt} />],
                  [t('devices.lastActivity'), <TimeAgo key="activity" at={device.lastActivityAt} />],
                  [t('registry.timeZone'), device.effectiveTimeZone],
                ]}
              />
            </Panel>
            <RegistrationPanel device={device} mayWrite={mayWrite} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function DeviceAlerts({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation();
  const alerts = useQuery(queries.alerts({ deviceId, limit: 20 }));
  return (
    <Panel title={t('alerts.title')}>
      <Loaded query={alerts}>
        {(page) =>
          page.items.length === 0 ? <Empty title={t('alerts.empty')} /> : <AlertTable alerts={page.items} />
        }
      </Loaded>
    </Panel>
  );
}
