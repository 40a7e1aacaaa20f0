import { Badge, Button, Group, Menu, Paper, Select, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDots, IconPlus, IconSearch, IconTag } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { DeviceSummary } from '../api/types.ts';
import { Allowed } from '../components/allowed.tsx';
import { ConnectionBadge } from '../components/badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';

export function DevicesPage() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 250);
  const search = useSearch({ strict: false });
  const [tagText, setTagText] = useState('');
  const [tags] = useDebouncedValue(tagText, 250);
  const [registrationStatus, setRegistrationStatus] = useState<string | null>(null);
  const devices = useInfiniteQuery(
    queries.devicePages({
      ...(q !== '' && { q }),
      ...(tags.trim() !== '' && { tags }),
      ...(registrationStatus !== null && { registrationStatus }),
      ...(search.siteId !== undefined && { siteId: search.siteId }),
    }),
  );
  const connect = (
    <Allowed to="devices:write">
      <Button component={Link} to="/devices/connect" leftSection={<IconPlus size={16} />}>
        {t('devices.connect')}
      </Button>
    </Allowed>
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
        <Allowed to="devices:write">
          <MoreWays />
        </Allowed>
      </PageTitle>
      <Group gap="xs" mb="sm">
        <TextInput
          size="xs"
          aria-label={t('registry.tags')}
          placeholder={t('registry.tags')}
          leftSection={<IconTag size={14} />}
          value={tagText}
          onChange={(event) => setTagText(event.currentTarget.value)}
        />
        <Select
          size="xs"
          aria-label={t('device.registration')}
          placeholder={t('device.registration')}
          clearable
          data={statuses.map((status) => ({
            value: status,
            label: t(`registrationStatus.${status}`, status),
          }))}
          value={registrationStatus}
          onChange={setRegistrationStatus}
        />
        {search.siteId !== undefined && (
          <Button component={Link} to="/devices" size="xs" variant="light">
            {t('registry.oneSite')} ×
          </Button>
        )}
      </Group>
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

const statuses = ['unknown', 'unregistered', 'in-progress', 'registered', 'error'];

/** The other ways in which devices come into the registry. */
function MoreWays() {
  const { t } = useTranslation();
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" px="xs" aria-label={t('registry.moreWays')}>
          <IconDots size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/devices/claim">
          {t('registry.claim')}
        </Menu.Item>
        <Menu.Item component={Link} to="/devices/bulk">
          {t('registry.bulk')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function DeviceTable({ devices }: { devices: DeviceSummary[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <WideTable minWidth={600} verticalSpacing="xs" highlightOnHover>
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
                {!device.active && (
                  <Badge size="xs" variant="light" color="orange">
                    {t('registry.inactive')}
                  </Badge>
                )}
                {device.tags.map((tag) => (
                  <Badge key={tag} size="xs" variant="default" tt="none">
                    {tag}
                  </Badge>
                ))}
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
    </WideTable>
  );
}
