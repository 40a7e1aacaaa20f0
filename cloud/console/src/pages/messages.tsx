import { Group, Paper, Stack, Table, Tabs, Text } from '@mantine/core';
import { IconMail, IconMessage } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { Message, ReceivedMessage } from '../api/types.ts';
import { MessageBadge } from '../components/badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';

export function MessagesPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageTitle title={t('messages.title')} />
      <Tabs defaultValue="sent" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="sent">{t('messages.sent')}</Tabs.Tab>
          <Tabs.Tab value="received">{t('messages.received')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="sent">
          <SentMessages />
        </Tabs.Panel>
        <Tabs.Panel value="received">
          <ReceivedMessages />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function SentMessages() {
  const { t } = useTranslation();
  const messages = useInfiniteQuery(queries.messagePages());
  return (
    <Paper withBorder p="md">
      <Paged query={messages} empty={<Empty title={t('messages.empty')} text={t('messages.emptyText')} />}>
        {(items) => (
          <WideTable minWidth={440} verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('messages.to')}</Table.Th>
                <Table.Th>{t('messages.text')}</Table.Th>
                <Table.Th>{t('messages.state')}</Table.Th>
                <Table.Th>{t('messages.when')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((message) => (
                <MessageRow key={message.id} message={message} />
              ))}
            </Table.Tbody>
          </WideTable>
        )}
      </Paged>
    </Paper>
  );
}

function ChannelIcon({ channel }: { channel: string }) {
  return channel === 'sms' ? <IconMessage size={16} stroke={1.6} /> : <IconMail size={16} stroke={1.6} />;
}

function MessageRow({ message }: { message: Message }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          <ChannelIcon channel={message.channel} />
          <div>
            <Text size="sm">{message.contactName}</Text>
            <Text size="xs" c="dimmed">
              {message.to}
            </Text>
          </div>
        </Group>
      </Table.Td>
      <Table.Td>
        {message.subject && (
          <Text size="sm" fw={600}>
            {message.subject}
          </Text>
        )}
        <Text size="sm" lineClamp={3} className="preformatted">
          {message.text}
        </Text>
      </Table.Td>
      <Table.Td>
        <MessageBadge state={message.state} />
        {message.reason && <Text size="xs">{message.reason}</Text>}
      </Table.Td>
      <Table.Td>
        <TimeAgo at={message.createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}

function ReceivedMessages() {
  const { t } = useTranslation();
  const received = useQuery(queries.receivedMessages());
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('messages.receivedIntro')}
      </Text>
      <Loaded query={received}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t('messages.nothingReceived')} />
          ) : (
            <Stack>
              {page.items.map((message) => (
                <ReceivedCard key={message.id} message={message} />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Stack>
  );
}

const linkPattern = /(https?:\/\/[^\s]+)/;

/** Text with its links made clickable, as a phone shows it. */
function LinkedText({ text }: { text: string }) {
  return text.split(linkPattern).map((part, index) =>
    linkPattern.test(part) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
      <a key={index} href={part} target="_blank" rel="noreferrer">
        {part}
      </a>
    ) : (
      part
    ),
  );
}

function ReceivedCard({ message }: { message: ReceivedMessage }) {
  return (
    <Paper withBorder p="md" maw={560} data-testid="received-message" data-channel={message.channel}>
      <Group justify="space-between" mb={6}>
        <Group gap={6}>
          <ChannelIcon channel={message.channel} />
          <Text size="sm" fw={600}>
            {message.to}
          </Text>
        </Group>
        <TimeAgo at={message.receivedAt} />
      </Group>
      {message.subject && (
        <Text size="sm" fw={600}>
          {message.subject}
        </Text>
      )}
      <Text size="sm" className="preformatted" component="div">
        <LinkedText text={message.text} />
      </Text>
    </Paper>
  );
}
