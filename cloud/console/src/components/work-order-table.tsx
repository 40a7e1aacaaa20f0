import { Badge, Table, Text } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { WorkOrderSummary } from '../api/work-orders.ts';
import { NameWithMore, NumberedTitle } from './record-cells.tsx';
import { TimeAgo } from './time.tsx';
import { WideTable } from './wide-table.tsx';

const statusColor: Record<string, string> = {
  unscheduled: 'orange',
  scheduled: 'blue',
  'in-progress': 'blue',
  completed: 'green',
  posted: 'green',
};

export function WorkOrderBadge({ status }: { status: string }) {
  const { t } = useTranslation();
  return (
    <Badge
      miw="max-content"
      color={statusColor[status] ?? 'gray'}
      variant="light"
      data-testid="work-order-status"
      data-state={status}
    >
      {t(`workOrders.is.${status}`, status)}
    </Badge>
  );
}

/** The appointment in the viewer's own time. */
export function Visit({ item }: { item: WorkOrderSummary }) {
  const { i18n } = useTranslation();
  if (item.scheduledFrom === null || item.scheduledUntil === null) {
    return null;
  }
  const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
  return <>{format.formatRange(new Date(item.scheduledFrom), new Date(item.scheduledUntil))}</>;
}

export function WorkOrderTable({ items }: { items: WorkOrderSummary[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const open = (workOrderId: string) =>
    void navigate({ to: '/work-orders/$workOrderId', params: { workOrderId } });
  return (
    <WideTable minWidth={680} verticalSpacing="xs" highlightOnHover data-testid="work-order-table">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('workOrders.number')}</Table.Th>
          <Table.Th>{t('workOrders.status')}</Table.Th>
          <Table.Th>{t('workOrders.customer')}</Table.Th>
          <Table.Th>{t('workOrders.technician')}</Table.Th>
          <Table.Th>{t('workOrders.created')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((item) => (
          <Table.Tr
            key={item.id}
            className="clickable-row"
            data-testid="work-order-row"
            onClick={() => open(item.id)}
          >
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              <NumberedTitle
                of={item}
                link={(number) => (
                  <Link to="/work-orders/$workOrderId" params={{ workOrderId: item.id }}>
                    {number}
                  </Link>
                )}
              />
            </Table.Td>
            <Table.Td>
              <WorkOrderBadge status={item.status} />
              {item.tasksTotal > 0 && (
                <Text size="xs" c="dimmed" className="number">
                  {item.tasksDone} / {item.tasksTotal}
                </Text>
              )}
            </Table.Td>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              <NameWithMore name={item.accountName} more={item.assetName} />
            </Table.Td>
            <Table.Td>
              <NameWithMore name={item.technicianName} more={<Visit item={item} />} />
            </Table.Td>
            <Table.Td>
              <TimeAgo at={item.createdAt} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
