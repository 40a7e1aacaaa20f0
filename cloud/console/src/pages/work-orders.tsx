import { Button, Paper, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { workOrderQueries } from '../api/work-orders.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';
import { WorkOrderTable } from '../components/work-order-table.tsx';

export function WorkOrdersPage() {
  const { t } = useTranslation();
  const [shown, setShown] = useState('open');
  const filter = shown === 'open' ? { open: 'true' } : shown === 'all' ? {} : { status: shown };
  const items = useInfiniteQuery(workOrderQueries.pages(filter));
  return (
    <>
      <PageTitle title={t('workOrders.title')}>
        <Button variant="default" component={Link} to="/incident-types">
          {t('workOrders.incidentTypes')}
        </Button>
        <SegmentedControl
          value={shown}
          onChange={setShown}
          data={[
            { value: 'open', label: t('workOrders.open') },
            { value: 'completed', label: t('workOrders.is.completed') },
            { value: 'all', label: t('common.all') },
          ]}
        />
      </PageTitle>
      <Paper withBorder p="md">
        <Paged query={items} empty={<Empty title={t('workOrders.empty')} text={t('workOrders.emptyText')} />}>
          {(loaded) => <WorkOrderTable items={loaded} />}
        </Paged>
      </Paper>
    </>
  );
}
