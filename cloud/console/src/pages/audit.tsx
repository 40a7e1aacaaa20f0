import { Code, Group, Paper, SegmentedControl, Select, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AuditEntry, commandQueries } from '../api/commands.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';
import { WideTable } from '../components/wide-table.tsx';

const subjects = [
  'command',
  'job',
  'device',
  'device-category',
  'gateway',
  'alert',
  'case',
  'work-order',
  'account',
  'contact',
  'asset',
  'site',
  'customer-hours',
  'user',
  'api-key',
  'journey',
];
const waitMilliseconds = 300;

/** Who did what, newest first. */
export function AuditPage() {
  const { t } = useTranslation();
  const [by, setBy] = useState('people');
  const [about, setAbout] = useState<string | null>(null);
  const [key, setKey] = useState('');
  const [searched] = useDebouncedValue(key.trim(), waitMilliseconds);
  const entries = useInfiniteQuery(
    commandQueries.audit({
      by,
      ...(about === null ? {} : { about }),
      ...(searched === '' ? {} : { key: searched }),
    }),
  );
  return (
    <>
      <PageTitle title={t('audit.title')} sub={t('audit.intro')}>
        <SegmentedControl
          value={by}
          onChange={setBy}
          data={['people', 'all'].map((value) => ({ value, label: t(`audit.by.${value}`) }))}
        />
      </PageTitle>
      <Paper withBorder p="md">
        <Group mb="sm">
          <Select
            aria-label={t('audit.about')}
            placeholder={t('audit.about')}
            clearable
            searchable
            data={subjects.map((value) => ({ value, label: t(`audit.subject.${value}`, value) }))}
            value={about}
            onChange={setAbout}
          />
          <TextInput
            aria-label={t('audit.record')}
            placeholder={t('audit.record')}
            maxLength={200}
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        </Group>
        <Paged query={entries} empty={<Empty title={t('audit.empty')} />}>
          {(items) => (
            <WideTable minWidth={640} verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('audit.when')}</Table.Th>
                  <Table.Th>{t('audit.who')}</Table.Th>
                  <Table.Th>{t('audit.what')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((entry) => (
                  <Entry key={entry.id} entry={entry} />
                ))}
              </Table.Tbody>
            </WideTable>
          )}
        </Paged>
      </Paper>
    </>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { i18n } = useTranslation();
  const format = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'medium' });
  return (
    <Table.Tr data-testid="audit-entry">
      <Table.Td style={{ verticalAlign: 'top', whiteSpace: 'nowrap' }}>
        <Text size="sm">{format.format(new Date(entry.at))}</Text>
      </Table.Td>
      <Table.Td style={{ verticalAlign: 'top' }}>
        <Text size="sm">{entry.actorName ?? entry.actor}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={600}>
          {entry.type}
        </Text>
        <details>
          <summary>
            <Text size="xs" c="dimmed" component="span" style={{ overflowWrap: 'anywhere' }}>
              {headline(entry.payload)}
            </Text>
          </summary>
          <Code block>{JSON.stringify(entry.payload, null, 2)}</Code>
        </details>
      </Table.Td>
    </Table.Tr>
  );
}

const headlineLengthMax = 160;

/** What a person recognises the record by. */
function headline(payload: Record<string, unknown>): string {
  const text = Object.entries(payload)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
  return text.length > headlineLengthMax ? `${text.slice(0, headlineLengthMax)}…` : text;
}
