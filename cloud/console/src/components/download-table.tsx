import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';

const keptMilliseconds = 60_000;

/** Saves a table that the page has already. Not a `data:` address: browsers refuse long ones. */
export function DownloadTable(props: { csv: string; name: string; children: string }) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([props.csv], { type: 'text/csv;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = props.name;
    link.click();
    // Some browsers read it only after this has returned.
    setTimeout(() => URL.revokeObjectURL(address), keptMilliseconds);
  };
  return (
    <Button size="xs" variant="default" leftSection={<IconDownload size={14} />} onClick={save}>
      {props.children}
    </Button>
  );
}
