import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useAcknowledge } from '../api/queries.ts';
import type { Alert } from '../api/types.ts';
import { SeverityBadge } from './badges.tsx';
import { formatValue } from './format.ts';
import { HoldBadge } from './hold.tsx';
import { useMay } from './may.ts';
import { TimeAgo } from './time.tsx';
import { WideTable } from './wide-table.tsx';

/** Alerts, newest first. `compact` leaves out what the place around it says already. */
export function AlertTable({ alerts, compact = false }: { alerts: Alert[]; compact?: boolean }) {
  const { t } = useTranslation();
  return (
    <WideTable minWidth={compact ? 280 : 640} verticalSpacing="xs" highlightOnHover data-testid="alert-table">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('alerts.severity')}</Table.Th>
          <Table.Th>{t('alerts.what')}</Table.Th>
          {!compact && <Table.Th>{t('alerts.value')}</Table.Th>}
          <Table.Th>{t('alerts.raised')}</Table.Th>
          {!compact && <Table.Th>{t('alerts.state')}</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {alerts.map((alert) => (
          <AlertRow key={alert.id} alert={alert} compact={compact} />
        ))}
      </Table.Tbody>
    </WideTable>
  );
}

function AlertRow({ alert, compact }: { alert: Alert; compact: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <Table.Tr data-testid="alert-row" data-condition={alert.condition}>
      <Table.Td>
        <SeverityBadge severity={alert.severity} />
      </Table.Td>
      <Table.Td>
        <Stack gap={0}>
          <SubjectLink alert={alert} />
          <Link to="/alerts/$alertId" params={{ alertId: alert.id }} data-testid="alert-link">
            <Text size="sm">
              {alert.signal} {alert.state !== 'ERROR_CODE' && alert.state}
              {alert.errorCode !== null && ` · ${t('alerts.code', { code: alert.errorCode })}`}
              {alert.historical && ` · ${t('alerts.historical')}`}
            </Text>
          </Link>
          <HoldBadge hold={alert.condition === 'active' ? alert.hold : null} />
        </Stack>
      </Table.Td>
      {!compact && (
        <Table.Td className="number">
          <Text size="sm">{formatValue(alert.value, alert.unit, i18n.language)}</Text>
          {alert.setpoint !== null && (
            <Text size="xs" c="dimmed">
              {alert.state} {formatValue(alert.setpoint, alert.unit, i18n.language)}
            </Text>
          )}
        </Table.Td>
      )}
      <Table.Td>
        <TimeAgo at={alert.raisedAt} />
      </Table.Td>
      {!compact && (
        <Table.Td>
          <AlertResponse alert={alert} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** To the device, or the gateway, that is in trouble. */
export function SubjectLink({ alert }: { alert: Pick<Alert, 'deviceId' | 'deviceName' | 'gatewayId'> }) {
  const name = (
    <Text size="sm" fw={600}>
      {alert.deviceName ?? alert.deviceId ?? alert.gatewayId}
    </Text>
  );
  return alert.deviceId === null ? (
    <Link to="/gateways/$gatewayId" params={{ gatewayId: alert.gatewayId }} className="plain-link">
      {name}
    </Link>
  ) : (
    <Link to="/devices/$deviceId" params={{ deviceId: alert.deviceId }} className="plain-link">
      {name}
    </Link>
  );
}

function AlertResponse({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const acknowledge = useAcknowledge();
  const may = useMay('alerts:write');
  return (
    <Group gap="xs" wrap="nowrap">
      <Stack gap={0} miw="max-content">
        <Text size="sm">
          {alert.condition === 'cleared'
            ? t('alerts.cleared')
            : t(`alertStatus.${alert.status}`, alert.status)}
        </Text>
        {alert.caseId && (
          <Link to="/cases/$caseId" params={{ caseId: alert.caseId }}>
            <Text size="xs">{t('alerts.case')}</Text>
          </Link>
        )}
      </Stack>
      {alert.response === 'unacknowledged' && alert.status !== 'closed' && may && (
        <Button
          size="compact-xs"
          miw="max-content"
          variant="default"
          loading={acknowledge.isPending}
          onClick={() => acknowledge.mutate(alert.id)}
        >
          {t('alerts.acknowledge')}
        </Button>
      )}
      {alert.response === 'acknowledged' && (
        <Text size="xs" c="dimmed">
          {t('alerts.acknowledged')}
        </Text>
      )}
    </Group>
  );
}
