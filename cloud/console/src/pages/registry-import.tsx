import { Button, Collapse, Group, Progress, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  exportAddress,
  type TableImport,
  type TableKind,
  tableColumns,
  tableKinds,
  useImportTable,
  writingOf,
} from '../api/record-table.ts';
import { DownloadTable } from '../components/download-table.tsx';
import { LineTable } from '../components/line-table.tsx';
import { useMay } from '../components/may.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty } from '../components/states.tsx';
import { TableField } from '../components/table-field.tsx';
import { WideTable } from '../components/wide-table.tsx';

const examples: Readonly<Record<TableKind, string>> = {
  accounts: 'name,parent,hours,hoursTimeZone\nRidgeway North,Ridgeway Foods,Mo-Fr 08:00-17:00,Europe/London',
  sites: 'account,name,latitude,longitude,timeZone\nRidgeway Foods,North plant,53.48,-2.24,Europe/London',
  contacts:
    'account,fullName,email,phone,language,primary\nRidgeway Foods,Ann Lee,ann@example.com,+44 20 7946 0958,en,yes',
  machines: [
    'account,assetNumber,name,product,serialNumber,site,parentAssetNumber,warrantyUntil',
    'Ridgeway Foods,R-7,Press seven,HP-200,S-1187,North plant,R-1,2031-12-31',
  ].join('\n'),
};
const linesPerStep = 100;

/** Much of the registry at once: a table in, a result for each line out. */
export function RegistryImportPage() {
  const { t } = useTranslation();
  const may = { 'accounts:write': useMay('accounts:write'), 'assets:write': useMay('assets:write') };
  const kinds = tableKinds.filter((one) => may[writingOf[one]]);
  const [chosen, setChosen] = useState<TableKind>();
  const kind = chosen ?? (may['assets:write'] ? 'machines' : kinds[0]);
  if (kind === undefined) {
    return <Empty title={t('shared.notYours')} text={t('shared.notYoursText')} />;
  }
  return (
    <>
      <PageTitle title={t('recordTable.import')} sub={t('recordTable.intro')} />
      <Stack>
        <SegmentedControl
          aria-label={t('recordTable.kind')}
          w="max-content"
          maw="100%"
          value={kind}
          onChange={setChosen}
          data={kinds.map((value) => ({ value, label: t(`recordTable.${value}`) }))}
        />
        <Import key={kind} kind={kind} />
      </Stack>
    </>
  );
}

function Import({ kind }: { kind: TableKind }) {
  const { t } = useTranslation();
  const [table, setTable] = useState('');
  const send = useImportTable();
  const start = (dryRun: boolean) => send.mutate({ kind, table, dryRun });
  const { columns, needed } = tableColumns[kind];
  return (
    <>
      <Columns kind={kind} />
      <Panel title={t('registry.table')}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            start(false);
          }}
        >
          <TableField
            table={table}
            setTable={(changed) => {
              setTable(changed);
              send.reset();
            }}
            description={t('recordTable.hint', { columns: columns.slice(0, needed).join(', ') })}
            placeholder={examples[kind]}
            error={send.error}
          >
            <Button
              variant="default"
              disabled={table.trim() === '' || send.isPending}
              onClick={() => start(true)}
            >
              {t('machineTable.check')}
            </Button>
            <Button type="submit" disabled={send.isPending}>
              {t('machineTable.start')}
            </Button>
          </TableField>
        </form>
        {send.isPending && <Working table={table} />}
      </Panel>
      {send.data && (
        <Report
          key={send.submittedAt}
          kind={kind}
          report={send.data}
          onlyChecked={send.variables?.dryRun ?? false}
        />
      )}
    </>
  );
}

function Working({ table }: { table: string }) {
  const { t } = useTranslation();
  const count = Math.max(0, table.trim().split(/\r\n|\n|\r/).length - 1);
  return (
    <Stack gap={4} mt="sm" role="status">
      <Progress value={100} animated aria-label={t('registry.progress')} />
      <Text size="sm">{t('machineTable.working', { count })}</Text>
    </Stack>
  );
}

function Columns({ kind }: { kind: TableKind }) {
  const { t } = useTranslation();
  const { columns, needed } = tableColumns[kind];
  const [opened, { toggle }] = useDisclosure();
  return (
    <Panel
      title={t('machineTable.columns')}
      side={
        <Group gap="xs">
          <Button size="xs" variant="subtle" aria-expanded={opened} onClick={toggle}>
            {t(opened ? 'machineTable.hideColumns' : 'machineTable.showColumns')}
          </Button>
          <DownloadTable csv={`\ufeff${columns.join(',')}\r\n`} name={`${kind}-template.csv`}>
            {t('machineTable.template')}
          </DownloadTable>
          <Button
            component="a"
            size="xs"
            variant="default"
            href={exportAddress(kind)}
            download={`${kind}.csv`}
          >
            {t('recordTable.present')}
          </Button>
        </Group>
      }
    >
      <Text size="sm">{t('recordTable.columnsText')}</Text>
      <Collapse expanded={opened}>
        <WideTable mt="xs" verticalSpacing={4} minWidth={480}>
          <Table.Tbody>
            {columns.map((column, index) => (
              <Table.Tr key={column}>
                <Table.Td ff="monospace">{column}</Table.Td>
                <Table.Td>
                  {index < needed && <b>{t('machineTable.needed')} </b>}
                  {wordsOf(t, kind, column)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </WideTable>
      </Collapse>
    </Panel>
  );
}

function wordsOf(t: TFunction, kind: TableKind, column: string): string {
  return kind === 'machines' ? t(`machineTable.column_${column}`) : t(`recordTable.${kind}_${column}`);
}

const colors = { created: 'green', changed: 'blue', unchanged: 'gray', refused: 'red' } as const;
type Result = keyof typeof colors;

function Report(props: { kind: TableKind; report: TableImport; onlyChecked: boolean }) {
  const { kind, report, onlyChecked } = props;
  const { t } = useTranslation();
  const [shown, setShown] = useState<Result | ''>('');
  const [steps, setSteps] = useState(1);
  const all = [
    ...report.mistakes.map((one) => ({
      ...one,
      result: 'refused' as const,
      field: one.column === 'line' ? null : one.column,
    })),
    ...report.lines.map((one) => ({ ...one, field: null, message: null })),
  ].sort((one, other) => one.line - other.line);
  const lines = all.filter(({ result }) => shown === '' || result === shown);
  return (
    <Panel title={t(onlyChecked ? 'machineTable.checked' : 'machineTable.imported')}>
      <Stack gap="sm">
        <Text data-testid="import-totals" role="status">
          {t('machineTable.totals', {
            created: report.created,
            changed: report.changed,
            unchanged: report.unchanged,
            refused: report.refused,
          })}
        </Text>
        {report.toMend !== null && (
          <Stack gap={4} align="flex-start">
            <DownloadTable csv={report.toMend} name={`${kind}-to-mend.csv`}>
              {t('registration.mend')}
            </DownloadTable>
            <Text size="xs" c="dimmed">
              {t('machineTable.mendHint')}
            </Text>
          </Stack>
        )}
        {all.length > 0 && (
          <SegmentedControl
            size="xs"
            w="max-content"
            maw="100%"
            value={shown}
            onChange={(chosen) => {
              setShown(chosen);
              setSteps(1);
            }}
            data={[
              { value: '' as const, label: t('common.all') },
              ...(Object.keys(colors) as Result[])
                .filter((result) => report[result] > 0)
                .map((result) => ({ value: result, label: t(`machineTable.${result}`) })),
            ]}
          />
        )}
        {lines.length === 0 ? (
          <Empty title={t('machineTable.noLines')} />
        ) : (
          <LineTable
            subject={t(kind === 'machines' ? 'customers.assetNumber' : 'customers.name')}
            testId="import-line"
            lines={lines.slice(0, steps * linesPerStep).map((one, index) => ({
              key: `${one.line}-${index}`,
              line: one.line,
              subject: one.assetNumber ?? one.name ?? null,
              result: t(`machineTable.${one.result}`),
              color: colors[one.result],
              field: one.field,
              reason: one.message,
            }))}
          />
        )}
        {lines.length > steps * linesPerStep && (
          <Button variant="default" size="xs" m="auto" onClick={() => setSteps(steps + 1)}>
            {t('common.more')}
          </Button>
        )}
      </Stack>
    </Panel>
  );
}
