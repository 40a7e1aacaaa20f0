import { Paper, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import { ConnectionBadge } from '../components/badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';
import { AddGatewayButton } from './gateway-new.tsx';

export function GatewaysPage() {
  const { t } = useTranslation();
  const gateways = useQuery(queries.gateways());
  const session = useQuery(queries.session());
  const mayWrite = session.data?.user.permissions.includes('gateways:write') ?? false;
  return (
    <>
      <PageTitle title={t('gateways.title')}>{mayWrite && <AddGatewayButton />}</PageTitle>
      <Paper withBorder p="md">
        <Loaded query={gateways}>
          {(page) =>
            page.items.length === 0 ? (
              <Empty title={t('gateways.empty')} />
            ) : (
              <WideTable minWidth={520} verticalSpacing="sm">
                <Table.Tbody>
                  {page.items.map((gateway) => (
                    <Table.Tr key={gateway.id}>
                      <Table.Td>
                        <Text size="sm" fw={600}>
                          <Link to="/gateways/$gatewayId" params={{ gatewayId: gateway.id }}>
                            {gateway.name}
                          </Link>
                        </Text>
                        <Text size="xs" c="dimmed">
                          {gateway.id}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <ConnectionBadge connected={gateway.connected} />
                      </Table.Td>
                      <Table.Td>
                        {gateway.mqtt && (
                          <Text size="sm">
                            MQTT {gateway.mqtt.host}:{gateway.mqtt.port ?? gateway.mqtt.tlsPort}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td>
                        <TimeAgo at={gateway.lastSeenAt} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </WideTable>
            )
          }
        </Loaded>
      </Paper>
    </>
  );
}
