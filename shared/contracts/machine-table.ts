/** The columns of a table of machines, in the order of the export. */
export const machineColumns = [
  'id',
  'account',
  'assetNumber',
  'name',
  'product',
  'serialNumber',
  'categoryId',
  'site',
  'parentAssetNumber',
  'manufacturedOn',
  'warrantyUntil',
] as const;
export type MachineColumn = (typeof machineColumns)[number];
/** Those that an import cannot do without. */
export const machineColumnsNeeded: readonly MachineColumn[] = ['account', 'assetNumber', 'name'];
