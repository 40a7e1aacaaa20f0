import { Paper, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import { CaseTable } from '../components/case-table.tsx';
import { useGrowingLimit } from '../components/growing-list.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded } from '../components/states.tsx';

export function CasesPage() {
  const { t } = useTranslation();
  const [status, setStatus] = useState('active');
  const { limit, more } = useGrowingLimit();
  const cases = useQuery(queries.cases({ limit, ...(status === 'all' ? {} : { status }) }));
  return (
    <>
      <PageTitle title={t('cases.title')}>
        <SegmentedControl
          value={status}
          onChange={setStatus}
          data={[
            { value: 'active', label: t('cases.active') },
            { value: 'resolved', label: t('cases.resolved') },
            { value: 'all', label: t('common.all') },
          ]}
        />
      </PageTitle>
      <Paper withBorder p="md">
        <Loaded query={cases}>
          {(page) =>
            page.items.length === 0 ? (
              <Empty title={t('cases.empty')} text={t('cases.emptyText')} />
            ) : (
              <>
                <CaseTable cases={page.items} />
                {more(page.nextCursor !== null)}
              </>
            )
          }
        </Loaded>
      </Paper>
    </>
  );
}
