import { Table } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { CaseSummary } from '../api/types.ts';
import { CaseBadge } from './badges.tsx';
import { NameWithMore, NumberedTitle } from './record-cells.tsx';
import { TimeAgo } from './time.tsx';
import { WideTable } from './wide-table.tsx';

export function CaseTable({ cases, compact = false }: { cases: CaseSummary[]; compact?: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <WideTable minWidth={compact ? 280 : 640} verticalSpacing="xs" highlightOnHover data-testid="case-table">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('cases.number')}</Table.Th>
          <Table.Th>{t('cases.customer')}</Table.Th>
          {!compact && <Table.Th>{t('cases.status')}</Table.Th>}
          <Table.Th>{t('cases.created')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {cases.map((item) => (
          <Table.Tr
            key={item.id}
            className="clickable-row"
            data-testid="case-row"
            onClick={() => void navigate({ to: '/cases/$caseId', params: { caseId: item.id } })}
          >
            <Table.Td>
              <NumberedTitle
                of={item}
                link={(number) => (
                  <Link to="/cases/$caseId" params={{ caseId: item.id }}>
                    {number}
                  </Link>
                )}
              />
            </Table.Td>
            <Table.Td>
              <NameWithMore name={item.accountName} more={item.contactName} />
            </Table.Td>
            {!compact && (
              <Table.Td>
                <CaseBadge status={item.status} />
              </Table.Td>
            )}
            <Table.Td>
              <TimeAgo at={item.createdAt} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
