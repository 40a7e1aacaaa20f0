import { query, upload } from './client.ts';
import { useChange } from './queries.ts';

interface LineOfMachine {
  readonly line: number;
  readonly assetNumber: string | null;
}

/** What became of a table of machines, or would. */
export interface MachineImport {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly lines: (LineOfMachine & { readonly result: 'created' | 'changed' | 'unchanged' })[];
  readonly mistakes: (LineOfMachine & { readonly column: string; readonly message: string })[];
  /** The lines with mistakes, as CSV. */
  readonly toMend: string | null;
}

/** The columns that the cloud reads; the first three are needed. */
export const machineColumns = [
  'account',
  'assetNumber',
  'name',
  'id',
  'product',
  'serialNumber',
  'categoryId',
  'site',
  'parentAssetNumber',
  'manufacturedOn',
  'warrantyUntil',
] as const;

export const exportAddress = (accountId?: string): string => `/v1/assets/export${query({ accountId })}`;

export const useImportMachines = () =>
  useChange(({ table, dryRun }: { table: string; dryRun: boolean }) =>
    upload<MachineImport>(
      `/v1/assets/import${query({ leaveOut: true, dryRun })}`,
      new File([table], 'machines.csv', { type: 'text/csv' }),
    ),
  );
