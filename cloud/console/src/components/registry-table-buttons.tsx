import { Button, Menu } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { exportAddress, tableKinds } from '../api/record-table.ts';
import { useMay } from './may.ts';

/** What the registry holds as tables, out and in. */
export function RegistryTableButtons() {
  const { t } = useTranslation();
  const mayRead = [useMay('accounts:read'), useMay('assets:read')];
  const mayImport = [useMay('accounts:write'), useMay('assets:write')];
  return (
    <>
      {mayRead.every(Boolean) && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconDownload size={14} />}>
              {t('machineTable.exportThese')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {tableKinds.map((kind) => (
              <Menu.Item key={kind} component="a" href={exportAddress(kind)} download={`${kind}.csv`}>
                {t(`recordTable.${kind}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {mayImport.some(Boolean) && (
        <Button
          component={Link}
          to="/customers/import"
          variant="default"
          leftSection={<IconUpload size={14} />}
        >
          {t('machineTable.importThese')}
        </Button>
      )}
    </>
  );
}
