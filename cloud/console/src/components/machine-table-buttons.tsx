import { Button } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { exportAddress } from '../api/machine-table.ts';
import { Allowed } from './allowed.tsx';

/** The machines as a table, out and in: of a customer, or of all. */
export function MachineTableButtons({ accountId }: { accountId?: string }) {
  const { t } = useTranslation();
  const ofOne = accountId !== undefined;
  const look = { size: ofOne ? 'xs' : 'sm', variant: 'default' } as const;
  return (
    <>
      <Allowed to="assets:read">
        <Button
          component="a"
          href={exportAddress(accountId)}
          download="machines.csv"
          leftSection={<IconDownload size={14} />}
          {...look}
        >
          {t(ofOne ? 'machineTable.exportThese' : 'machineTable.export')}
        </Button>
      </Allowed>
      <Allowed to="assets:write">
        <Button component={Link} to="/customers/import" leftSection={<IconUpload size={14} />} {...look}>
          {t(ofOne ? 'machineTable.importThese' : 'machineTable.import')}
        </Button>
      </Allowed>
    </>
  );
}
