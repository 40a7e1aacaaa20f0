import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** Names and values of one record; entries without a value are left out. */
export function DetailList({ entries }: { entries: [string, ReactNode][] }) {
  return (
    <Table verticalSpacing={6} withRowBorders={false}>
      <Table.Tbody>
        {entries
          .filter(([, value]) => value !== null && value !== undefined && value !== '')
          .map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Td c="dimmed" w="40%" pl={0} style={{ verticalAlign: 'top' }}>
                {name}
              </Table.Td>
              <Table.Td pr={0} style={{ overflowWrap: 'anywhere' }}>
                {value}
              </Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}
