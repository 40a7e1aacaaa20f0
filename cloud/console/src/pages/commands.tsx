import { Group, Paper, SegmentedControl, Select, Table, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { commandQueries } from '../api/commands.ts';
import { queries } from '../api/queries.ts';
import type { Command } from '../api/types.ts';
import { CommandBadge } from '../components/badges.tsx';
import { commandReasonInWords } from '../components/command-reason.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';
import { CommandActions, CommandParameters } from './device-commands.tsx';

/** What was sent to all devices; first of all what expired or failed, and why. */
export function CommandsPage() {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState('unsuccessful');
  const [categoryId, setCategoryId] = useState<string | null>(null);
  const categories = useQuery(queries.categories());
  const commands = useInfiniteQuery(
    commandQueries.pages({
      ...(outcome === 'all' ? {} : { outcome }),
      ...(categoryId === null ? {} : { categoryId }),
    }),
  );
  return (
    <>
      <PageTitle title={t('commands.title')} sub={t('commands.intro')}>
        <Group gap="xs">
          <Select
            placeholder={t('commands.anyCategory')}
            aria-label={t('device.category')}
            clearable
            data={categories.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
            value={categoryId}
            onChange={setCategoryId}
          />
          <SegmentedControl
            value={outcome}
            onChange={setOutcome}
            data={['unsuccessful', 'waiting', 'all'].map((value) => ({
              value,
              label: t(`commands.outcome.${value}`),
            }))}
          />
        </Group>
      </PageTitle>
      <Paper withBorder p="md">
        <Paged
          query={commands}
          empty={<Empty title={t(`commands.none.${outcome}`)} text={t('commands.noneText')} />}
        >
          {(items) => <CommandTable items={items} />}
        </Paged>
      </Paper>
    </>
  );
}

function CommandTable({ items }: { items: Command[] }) {
  const { t } = useTranslation();
  return (
    <WideTable minWidth={680} verticalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('commands.device')}</Table.Th>
          <Table.Th>{t('commands.command')}</Table.Th>
          <Table.Th>{t('commands.result')}</Table.Th>
          <Table.Th>{t('commands.when')}</Table.Th>
          <Table.Th />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {items.map((command) => (
          <Table.Tr key={command.id} data-testid="command-row">
            <Table.Td>
              <Link to="/devices/$deviceId" params={{ deviceId: command.deviceId }}>
                <Text size="sm">{command.deviceName}</Text>
              </Link>
            </Table.Td>
            <Table.Td>
              <Text size="sm">{command.name}</Text>
              <CommandParameters command={command} />
            </Table.Td>
            <Table.Td maw={320}>
              <CommandBadge state={command.state} />
              {command.reason && (
                <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
                  {commandReasonInWords(command.reason, t)}
                </Text>
              )}
            </Table.Td>
            <Table.Td>
              <TimeAgo at={command.issuedAt} />
            </Table.Td>
            <Table.Td>
              <CommandActions command={command} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
