import { Table, type TableProps } from '@mantine/core';

/**
 * A table that may be wider than a phone: it scrolls within its own box, and the first column, which says what each
 * line is of, stays (console.css).
 */
export function WideTable({
  minWidth = 560,
  hasDetails,
  ...table
}: TableProps & {
  minWidth?: number;
  /** Something unfolds under its rows, as wide as what one sees of the table. */
  hasDetails?: boolean;
}) {
  return (
    <Table.ScrollContainer
      minWidth={minWidth}
      type="native"
      className={hasDetails ? 'wide-table details-table' : 'wide-table'}
    >
      <Table {...table} />
    </Table.ScrollContainer>
  );
}
