import { Badge, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { forPeople } from './told.ts';
import { WideTable } from './wide-table.tsx';

export interface LineResult {
  readonly key: string;
  readonly line: number;
  /** What the line is about. */
  readonly subject: string | null;
  readonly result: string;
  readonly color: string;
  readonly field: string | null;
  readonly reason: string | null;
}

/** What became of each line of a table. */
export function LineTable(props: { subject: string; testId: string; lines: readonly LineResult[] }) {
  const { t } = useTranslation();
  return (
    <WideTable verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('registration.line')}</Table.Th>
          <Table.Th>{props.subject}</Table.Th>
          {(['state', 'field', 'reason'] as const).map((column) => (
            <Table.Th key={column}>{t(`registration.${column}`)}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {props.lines.map((line) => (
          <Table.Tr key={line.key} data-testid={props.testId}>
            <Table.Td>{line.line}</Table.Td>
            <Table.Td>{line.subject}</Table.Td>
            <Table.Td>
              <Badge size="sm" variant="light" miw="max-content" color={line.color}>
                {line.result}
              </Badge>
            </Table.Td>
            <Table.Td>{line.field}</Table.Td>
            <Table.Td>
              <Text size="sm" miw={160}>
                {line.reason && forPeople(line.reason)}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
