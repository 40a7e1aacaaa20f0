import { Paper, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import { AlertTable } from '../components/alert-table.tsx';
import { AlertsNav } from '../components/alerts-nav.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';

const filterOf = {
  open: { state: 'open' },
  held: { state: 'open', held: 'true' },
  cleared: { state: 'cleared' },
  all: {},
};

export function AlertsPage() {
  const { t } = useTranslation();
  const [state, setState] = useState<'open' | 'held' | 'cleared' | 'all'>('open');
  const alerts = useInfiniteQuery(queries.alertPages(filterOf[state]));
  return (
    <>
      <PageTitle title={t('alerts.title')}>
        <SegmentedControl
          value={state}
          onChange={(value) => setState(value as typeof state)}
          data={[
            { value: 'open', label: t('common.open') },
            { value: 'held', label: t('quiet.held') },
            { value: 'cleared', label: t('alerts.cleared') },
            { value: 'all', label: t('common.all') },
          ]}
        />
      </PageTitle>
      <AlertsNav />
      <Paper withBorder p="md">
        <Paged query={alerts} empty={<Empty title={t('alerts.empty')} text={t('alerts.emptyText')} />}>
          {(items) => <AlertTable alerts={items} />}
        </Paged>
      </Paper>
    </>
  );
}
