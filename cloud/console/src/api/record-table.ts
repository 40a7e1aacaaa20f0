import { machineColumns, machineColumnsNeeded } from '@andon/shared/contracts/machine-table';
import { query, upload } from './client.ts';
import { useChange } from './queries.ts';

/** What tables there are of what the registry holds. */
export const tableKinds = ['accounts', 'sites', 'contacts', 'machines'] as const;
export type TableKind = (typeof tableKinds)[number];

const addressOf: Readonly<Record<TableKind, string>> = {
  accounts: '/v1/accounts',
  sites: '/v1/sites',
  contacts: '/v1/contacts',
  machines: '/v1/assets',
};

/** What somebody must be allowed to, to import one. */
export const writingOf = {
  accounts: 'accounts:write',
  sites: 'accounts:write',
  contacts: 'accounts:write',
  machines: 'assets:write',
} as const satisfies Record<TableKind, string>;

/** A line is known by the number of a machine, or by a name. */
interface LineOfTable {
  readonly line: number;
  readonly assetNumber?: string | null;
  readonly name?: string | null;
}

/** What became of a table, or would. */
export interface TableImport {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly lines: (LineOfTable & { readonly result: 'created' | 'changed' | 'unchanged' })[];
  readonly mistakes: (LineOfTable & { readonly column: string; readonly message: string })[];
  /** The lines with mistakes, as CSV. */
  readonly toMend: string | null;
}

/** The columns that the cloud reads, and how many of them, the first, are needed. */
export const tableColumns = {
  accounts: { needed: 1, columns: ['name', 'id', 'parent', 'hours', 'hoursTimeZone'] },
  sites: {
    needed: 2,
    columns: [
      'account',
      'name',
      'id',
      'address',
      'latitude',
      'longitude',
      'timeZone',
      'hours',
      'hoursTimeZone',
    ],
  },
  contacts: {
    needed: 2,
    columns: [
      'account',
      'fullName',
      'id',
      'email',
      'phone',
      'language',
      'primary',
      'smsTransactional',
      'smsCommercial',
      'emailTransactional',
      'emailCommercial',
    ],
  },
  machines: {
    needed: machineColumnsNeeded.length,
    columns: [...new Set([...machineColumnsNeeded, ...machineColumns])],
  },
} as const satisfies Record<TableKind, { needed: number; columns: readonly string[] }>;

export const exportAddress = (kind: TableKind, accountId?: string): string =>
  `${addressOf[kind]}/export${query({ accountId })}`;

export const useImportTable = () =>
  useChange(({ kind, table, dryRun }: { kind: TableKind; table: string; dryRun: boolean }) =>
    upload<TableImport>(
      `${addressOf[kind]}/import${query({ leaveOut: true, dryRun })}`,
      new File([table], `${kind}.csv`, { type: 'text/csv' }),
    ),
  );
