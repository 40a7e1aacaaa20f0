import { Paper, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import { CaseTable } from '../components/case-table.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';

export function CasesPage() {
  const { t } = useTranslation();
  const [status, setStatus] = useState('active');
  const cases = useInfiniteQuery(queries.casePages(status === 'all' ? {} : { status }));
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
        <Paged query={cases} empty={<Empty title={t('cases.empty')} text={t('cases.emptyText')} />}>
          {(items) => <CaseTable cases={items} />}
        </Paged>
      </Paper>
    </>
  );
}
