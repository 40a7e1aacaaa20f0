import { Badge, Button, Group, Paper, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { DeviceSummary } from '../api/types.ts';
import { ConnectionBadge } from '../components/badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

export function DevicesPage() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 250);
  const devices = useInfiniteQuery(queries.devicePages(q === '' ? {} : { q }));
  const connect = (
    <Button component={Link} to="/devices/connect" leftSection={<IconPlus size={16} />}>
      {t('devices.connect')}
    </Button>
  );
  return (
    <>
      <PageTitle title={t('devices.title')}>
        <TextInput
          aria-label={t('common.search')}
          placeholder={t('common.search')}
          leftSection={<IconSearch size={16} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {connect}
      </PageTitle>
      <Paper withBorder p="md">
        <Paged
          query={devices}
          empty={
            <Empty title={t('devices.empty')} text={t('devices.emptyText')}>
              {connect}
            </Empty>
          }
        >
          {(items) => <DeviceTable devices={items} />}
        </Paged>
      </Paper>
    </>
  );
}

function DeviceTable({ devices }: { devices: DeviceSummary[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <Table.ScrollContainer minWidth={600}>
      <Table verticalSpacing="xs" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('devices.device')}</Table.Th>
            <Table.Th>{t('devices.connection')}</Table.Th>
            <Table.Th>{t('devices.customer')}</Table.Th>
            <Table.Th>{t('devices.gateway')}</Table.Th>
            <Table.Th>{t('devices.lastActivity')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {devices.map((device) => (
            <Table.Tr
              key={device.id}
              className="clickable-row"
              data-testid="device-row"
              onClick={() => void navigate({ to: '/devices/$deviceId', params: { deviceId: device.id } })}
            >
              <Table.Td>
                <Link to="/devices/$deviceId" params={{ deviceId: device.id }} className="plain-link">
                  <Text size="sm" fw={600}>
                    {device.name}
                  </Text>
                </Link>
                <Group gap="xs">
                  <Text size="xs" c="dimmed">
                    {device.id}
                  </Text>
                  {device.simulated && (
                    <Badge size="xs" variant="outline" color="gray">
                      {t('common.simulated')}
                    </Badge>
                  )}
                </Group>
              </Table.Td>
              <Table.Td>
                <ConnectionBadge connected={device.connected} lastActivityAt={device.lastActivityAt} />
              </Table.Td>
              <Table.Td>
                <Text size="sm">{device.accountName}</Text>
              </Table.Td>
              <Table.Td>
                <Text size="sm">{device.gatewayId}</Text>
              </Table.Td>
              <Table.Td>
                <TimeAgo at={device.lastActivityAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
