import { Button } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { exportAddress } from '../api/record-table.ts';
import { Allowed } from './allowed.tsx';

/** The machines of a customer as a table, out and in. */
export function MachineTableButtons({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const look = { size: 'xs', variant: 'default' } as const;
  return (
    <>
      <Allowed to="assets:read">
        <Button
          component="a"
          href={exportAddress('machines', accountId)}
          download="machines.csv"
          leftSection={<IconDownload size={14} />}
          {...look}
        >
          {t('machineTable.exportThese')}
        </Button>
      </Allowed>
      <Allowed to="assets:write">
        <Button component={Link} to="/customers/import" leftSection={<IconUpload size={14} />} {...look}>
          {t('machineTable.importThese')}
        </Button>
      </Allowed>
    </>
  );
}
