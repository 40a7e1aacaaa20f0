import { Paper, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import { AlertTable } from '../components/alert-table.tsx';
import { useGrowingLimit } from '../components/growing-list.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded } from '../components/states.tsx';

export function AlertsPage() {
  const { t } = useTranslation();
  const [state, setState] = useState<'open' | 'cleared' | 'all'>('open');
  const { limit, more } = useGrowingLimit();
  const alerts = useQuery(queries.alerts({ limit, ...(state === 'all' ? {} : { state }) }));
  return (
    <>
      <PageTitle title={t('alerts.title')}>
        <SegmentedControl
          value={state}
          onChange={(value) => setState(value as typeof state)}
          data={[
            { value: 'open', label: t('common.open') },
            { value: 'cleared', label: t('alerts.cleared') },
            { value: 'all', label: t('common.all') },
          ]}
        />
      </PageTitle>
      <Paper withBorder p="md">
        <Loaded query={alerts}>
          {(page) =>
            page.items.length === 0 ? (
              <Empty title={t('alerts.empty')} text={t('alerts.emptyText')} />
            ) : (
              <>
                <AlertTable alerts={page.items} />
                {more(page.nextCursor !== null)}
              </>
            )
          }
        </Loaded>
      </Paper>
    </>
  );
}
