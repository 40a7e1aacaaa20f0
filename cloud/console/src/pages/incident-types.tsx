import { Button, Modal, Paper, Table, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type IncidentType, incidentTypes } from '../api/escalation-policy.ts';
import { PriorityBadge } from '../components/badges.tsx';
import { useMay } from '../components/may.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { WideTable } from '../components/wide-table.tsx';
import { IncidentTypeForm } from './incident-type-form.tsx';

/** The kinds of trouble that technicians are sent for; who plans the work makes and changes them. */
export function IncidentTypesPage() {
  const { t } = useTranslation();
  const found = useQuery(incidentTypes());
  const mayManage = useMay('work-orders:manage');
  const [shown, setShown] = useState<IncidentType | 'new'>();
  const close = () => setShown(undefined);
  return (
    <>
      <PageTitle title={t('workOrders.incidentTypes')}>
        {mayManage && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setShown('new')}>
            {t('workOrders.newType')}
          </Button>
        )}
      </PageTitle>
      <Paper withBorder p="md">
        <Loaded query={found}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t('workOrders.noTypes')} text={t('workOrders.noTypesText')} />
            ) : (
              <TypeTable items={items} {...(mayManage ? { onEdit: setShown } : {})} />
            )
          }
        </Loaded>
      </Paper>
      <Modal
        opened={shown !== undefined}
        onClose={close}
        title={shown === 'new' || shown === undefined ? t('workOrders.newType') : shown.name}
        size="lg"
        centered
      >
        {shown !== undefined && (
          <IncidentTypeForm stored={shown === 'new' ? undefined : shown} onSaved={close} />
        )}
      </Modal>
    </>
  );
}

function TypeTable({ items, onEdit }: { items: IncidentType[]; onEdit?: (item: IncidentType) => void }) {
  const { t } = useTranslation();
  return (
    <WideTable minWidth={520}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('workOrders.name')}</Table.Th>
          <Table.Th>{t('workOrders.priority')}</Table.Th>
          <Table.Th>{t('workOrders.tasks')}</Table.Th>
          <Table.Th />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((item) => (
          <Table.Tr key={item.id} data-testid="incident-type-row">
            <Table.Td>
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                {item.name}
              </Text>
              <Text size="xs" c="dimmed">
                {item.id}
              </Text>
            </Table.Td>
            <Table.Td>
              <PriorityBadge priority={item.priority} />
            </Table.Td>
            <Table.Td className="number">{item.tasks.length}</Table.Td>
            <Table.Td ta="end">
              {onEdit && (
                <Button size="xs" variant="default" onClick={() => onEdit(item)}>
                  {t('customers.edit')}
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
