import { Table, type TableProps } from '@mantine/core';

/**
 * A table that may be wider than a phone: it scrolls within its own box, and the first column, which says what each
 * line is of, stays (console.css).
 */
export function WideTable({ minWidth = 560, ...table }: TableProps & { minWidth?: number }) {
  return (
    <Table.ScrollContainer minWidth={minWidth} type="native">
      <Table {...table} />
    </Table.ScrollContainer>
  );
}
