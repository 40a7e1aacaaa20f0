import { Badge, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { type DefinitionState, definitionQueries } from '../api/definitions.ts';
import { Difference } from '../components/difference.tsx';
import { Fold } from '../components/fold.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';

const stateColor: Record<DefinitionState, string> = {
  none: 'gray',
  waiting: 'yellow',
  taken: 'yellow',
  running: 'green',
  refused: 'red',
};

function StateBadge({ state }: { state: DefinitionState }) {
  const { t } = useTranslation();
  return (
    <Badge
      variant="light"
      color={stateColor[state]}
      miw="max-content"
      data-testid="definition-state"
      data-state={state}
    >
      {t(`definitions.state_${state}`)}
    </Badge>
  );
}

/** What is wanted of the device's signals, rules and commands, and whether its gateway runs that. */
export function DefinitionOfDevice({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation();
  const definition = useQuery(definitionQueries.ofDevice(deviceId));
  return (
    <Loaded query={definition}>
      {({ state, wanted, running, runningSince, refusedAt, refusedReason }) => (
        <Stack gap={6}>
          <Group gap="xs">
            <Text size="sm" fw={600}>
              {t('definitions.title')}
            </Text>
            <StateBadge state={state} />
            {state === 'running' && <TimeAgo at={runningSince} />}
            {state === 'refused' && <TimeAgo at={refusedAt} />}
          </Group>
          <Text size="sm">{t(`definitions.text_${state}`)}</Text>
          {refusedReason !== null && (
            <Text size="sm" c="dimmed" data-testid="definition-refused">
              {refusedReason}
            </Text>
          )}
          {wanted !== null && running !== null && wanted !== running && (
            <Fold label={t('definitions.difference')}>
              <Difference before={running} after={wanted} />
            </Fold>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

/** Those of a gateway's devices that do not run what their category wants. */
export function DevicesBehindPanel({ gatewayId }: { gatewayId: string }) {
  const { t } = useTranslation();
  const behind = useQuery(definitionQueries.behind(gatewayId));
  return (
    <Panel title={t('definitions.behind')}>
      <Loaded query={behind}>
        {({ total, items }) =>
          items.length === 0 ? (
            <Empty title={t('definitions.behindNone')} />
          ) : (
            <Stack gap="xs">
              <WideTable verticalSpacing={6}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('definitions.device')}</Table.Th>
                    <Table.Th>{t('definitions.state')}</Table.Th>
                    <Table.Th>{t('definitions.sent')}</Table.Th>
                    <Table.Th>{t('definitions.reason')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map(({ deviceId, name, state, sentAt, reason }) => (
                    <Table.Tr key={deviceId} data-testid="device-behind">
                      <Table.Td>
                        <Link to="/devices/$deviceId" params={{ deviceId }}>
                          {name}
                        </Link>
                      </Table.Td>
                      <Table.Td>
                        <StateBadge state={state} />
                      </Table.Td>
                      <Table.Td>{sentAt && <TimeAgo at={sentAt} />}</Table.Td>
                      <Table.Td>{reason}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </WideTable>
              {total > items.length && (
                <Text size="sm" c="dimmed">
                  {t('definitions.behindMore', { shown: items.length, total })}
                </Text>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Panel>
  );
}
