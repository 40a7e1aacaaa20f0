import type { TableKind, TableRecord } from '../../platform/index.ts';

/** A record that people know by its name. */
export interface NamedRecord extends TableRecord {
  readonly name: string;
}

/** What the tables of customers, their sites and contacts have in common. */
export const accountKind = {
  owner: 'accounts',
  cellCharactersMax: 1_000,
} as const;

export const labelOf = <Column extends string>(column: Column): TableKind<Column, NamedRecord>['label'] => ({
  column,
  field: 'name',
  of: ({ name }) => name,
});
