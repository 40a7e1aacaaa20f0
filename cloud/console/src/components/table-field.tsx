import { Alert, Button, FileButton, Group, Stack, Text, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Trouble } from './states.tsx';
import { readTableFile } from './table-file.ts';

/** A table of a person, from a file or typed; the children are what is done with it. */
export function TableField(props: {
  table: string;
  setTable: (table: string) => void;
  description: string;
  placeholder: string;
  error: Error | null;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const { setTable } = props;
  const [unreadable, setUnreadable] = useState<File>();
  const read = async (file: File, encoding?: 'windows-1252') => {
    const text = await readTableFile(file, encoding);
    setUnreadable(text === undefined ? file : undefined);
    setTable(text ?? '');
  };
  return (
    <Stack gap="sm">
      <Textarea
        aria-label={t('registry.table')}
        description={props.description}
        placeholder={props.placeholder}
        autosize
        minRows={4}
        maxRows={14}
        required
        value={props.table}
        onChange={(event) => setTable(event.currentTarget.value)}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      {unreadable && (
        <Alert color="orange" title={t('registration.notUtf8')} role="alert">
          <Stack gap="xs" align="flex-start">
            <Text size="sm">{t('registration.notUtf8Text')}</Text>
            <Button size="xs" variant="default" onClick={() => void read(unreadable, 'windows-1252')}>
              {t('registration.readAsWindows')}
            </Button>
          </Stack>
        </Alert>
      )}
      {props.error && <Trouble error={props.error} />}
      <Group justify="flex-end" gap="xs">
        <FileButton accept=".csv,text/csv,text/plain" onChange={(file) => void (file && read(file))}>
          {(button) => (
            <Button variant="default" {...button}>
              {t('registry.chooseFile')}
            </Button>
          )}
        </FileButton>
        {props.children}
      </Group>
    </Stack>
  );
}
