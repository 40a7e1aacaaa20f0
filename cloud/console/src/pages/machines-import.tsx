import { Button, Collapse, Group, Progress, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type MachineImport, machineColumns, useImportMachines } from '../api/machine-table.ts';
import { AllowedPage } from '../components/allowed.tsx';
import { DownloadTable } from '../components/download-table.tsx';
import { LineTable } from '../components/line-table.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty } from '../components/states.tsx';
import { TableField } from '../components/table-field.tsx';
import { WideTable } from '../components/wide-table.tsx';

const example = [
  'account,assetNumber,name,product,serialNumber,site,parentAssetNumber,warrantyUntil',
  'Ridgeway Foods,R-7,Press seven,HP-200,S-1187,North plant,R-1,2031-12-31',
].join('\n');
const neededColumns = 3;
const linesPerStep = 100;

/** Many machines at once: a table in, a result for each line out. */
export function MachinesImportPage() {
  const { t } = useTranslation();
  const [table, setTable] = useState('');
  const send = useImportMachines();
  const start = (dryRun: boolean) => send.mutate({ table, dryRun });
  return (
    <AllowedPage to={['assets:write']}>
      <PageTitle title={t('machineTable.import')} sub={t('machineTable.intro')} />
      <Stack>
        <Columns />
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
              description={t('machineTable.hint')}
              placeholder={example}
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
          {send.isPending && (
            <Stack gap={4} mt="sm" role="status">
              <Progress value={100} animated aria-label={t('registry.progress')} />
              <Text size="sm">
                {t('machineTable.working', {
                  count: Math.max(0, table.trim().split(/\r\n|\n|\r/).length - 1),
                })}
              </Text>
            </Stack>
          )}
        </Panel>
        {send.data && (
          <Report key={send.submittedAt} report={send.data} onlyChecked={send.variables?.dryRun ?? false} />
        )}
      </Stack>
    </AllowedPage>
  );
}

function Columns() {
  const { t } = useTranslation();
  const [opened, { toggle }] = useDisclosure();
  return (
    <Panel
      title={t('machineTable.columns')}
      side={
        <Group gap="xs">
          <Button size="xs" variant="subtle" aria-expanded={opened} onClick={toggle}>
            {t(opened ? 'machineTable.hideColumns' : 'machineTable.showColumns')}
          </Button>
          <DownloadTable csv={`\ufeff${machineColumns.join(',')}\r\n`} name="machines-template.csv">
            {t('machineTable.template')}
          </DownloadTable>
        </Group>
      }
    >
      <Text size="sm">{t('machineTable.columnsText')}</Text>
      <Collapse expanded={opened}>
        <WideTable mt="xs" verticalSpacing={4} minWidth={480}>
          <Table.Tbody>
            {machineColumns.map((column, index) => (
              <Table.Tr key={column}>
                <Table.Td ff="monospace">{column}</Table.Td>
                <Table.Td>
                  {index < neededColumns && <b>{t('machineTable.needed')} </b>}
                  {t(`machineTable.column_${column}`)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </WideTable>
      </Collapse>
    </Panel>
  );
}

const colors = { created: 'green', changed: 'blue', unchanged: 'gray', refused: 'red' } as const;
type Result = keyof typeof colors;

function Report({ report, onlyChecked }: { report: MachineImport; onlyChecked: boolean }) {
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
            <DownloadTable csv={report.toMend} name="machines-to-mend.csv">
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
            subject={t('customers.assetNumber')}
            testId="import-line"
            lines={lines.slice(0, steps * linesPerStep).map((one, index) => ({
              key: `${one.line}-${index}`,
              line: one.line,
              subject: one.assetNumber,
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
