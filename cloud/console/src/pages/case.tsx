import { Anchor, Button, Grid, Group, Modal, Stack, Text, Textarea, Timeline } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries, useAddNote, useResolveCase } from '../api/queries.ts';
import type { Case } from '../api/types.ts';
import { CaseBadge, MessageBadge, PriorityBadge } from '../components/badges.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';

export function CasePage() {
  const { caseId } = useParams({ strict: false });
  const found = useQuery(queries.case(caseId ?? ''));
  return <Loaded query={found}>{(item) => <CaseView item={item} />}</Loaded>;
}

function CaseView({ item }: { item: Case }) {
  const { t } = useTranslation();
  return (
    <>
      <PageTitle
        title={item.title}
        sub={
          <Group gap="xs">
            <Text size="sm" fw={600} className="number" component="span">
              {item.number}
            </Text>
            <CaseBadge status={item.status} />
            <PriorityBadge priority={item.priority} />
            <TimeAgo at={item.createdAt} />
          </Group>
        }
      >
        {item.status === 'active' && <ResolveButton item={item} />}
      </PageTitle>
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title={t('case.timeline')}>
            {item.status === 'active' && <NoteForm caseId={item.id} />}
            <CaseTimeline item={item} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            <CaseDetails item={item} />
            <CaseMessages caseId={item.id} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function ResolveButton({ item }: { item: Case }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const [resolution, setResolution] = useState('');
  const resolve = useResolveCase(item.id);
  return (
    <>
      <Button color="green" leftSection={<IconCheck size={16} />} onClick={open}>
        {t('case.resolve')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('case.resolveAsk', { number: item.number })} centered>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            resolve.mutate({ resolution, version: item.version }, { onSuccess: close });
          }}
        >
          <Stack>
            <Textarea
              label={t('case.resolution')}
              description={t('case.resolutionHint')}
              name="resolution"
              required
              autosize
              minRows={3}
              maxLength={2000}
              data-autofocus
              value={resolution}
              onChange={(event) => setResolution(event.currentTarget.value)}
            />
            {resolve.error && <Trouble error={resolve.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('common.cancel')}
              </Button>
              <Button color="green" type="submit" loading={resolve.isPending} data-testid="confirm-resolve">
                {t('case.resolve')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

function NoteForm({ caseId }: { caseId: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const add = useAddNote(caseId);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(text, { onSuccess: () => setText('') });
      }}
    >
      <Group align="flex-end" gap="xs" mb="md" wrap="nowrap">
        <Textarea
          style={{ flex: 1 }}
          aria-label={t('case.note')}
          placeholder={t('case.note')}
          autosize
          maxLength={10_000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={add.isPending} disabled={text.trim() === ''}>
          {t('case.noteSubmit')}
        </Button>
      </Group>
      {add.error && <Trouble error={add.error} />}
    </form>
  );
}

const kindColor: Record<string, string> = {
  alert: 'red',
  command: 'blue',
  escalation: 'orange',
  case: 'green',
  message: 'grape',
  note: 'gray',
};

function CaseTimeline({ item }: { item: Case }) {
  return (
    <Timeline
      bulletSize={12}
      lineWidth={2}
      active={item.timeline.length}
      className="dense"
      data-testid="case-timeline"
    >
      {item.timeline.map((entry) => (
        <Timeline.Item
          key={`${entry.at} ${entry.kind} ${entry.title} ${entry.detail}`}
          color={kindColor[entry.kind.split('.')[0] ?? ''] ?? 'gray'}
          title={
            <Text size="sm" fw={600}>
              {entry.title}
            </Text>
          }
        >
          {entry.detail && (
            <Text size="sm" className="preformatted">
              {entry.detail}
            </Text>
          )}
          <TimeAgo at={entry.at} size="xs" />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function CaseDetails({ item }: { item: Case }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('case.details')}>
      <DetailList
        entries={[
          [t('cases.customer'), item.accountName],
          [t('case.contact'), item.contactName],
          [
            t('case.device'),
            item.deviceId && (
              <Link to="/devices/$deviceId" params={{ deviceId: item.deviceId }}>
                {item.deviceId}
              </Link>
            ),
          ],
          [t('case.asset'), item.assetName],
          [t('case.product'), item.productName],
          [t('case.serialNumber'), item.serialNumber],
          [t('case.errorCode'), item.errorCode],
          [t('case.origin'), item.origin.toUpperCase()],
          [t('cases.status'), t(`statusReason.${item.statusReason}`, item.statusReason)],
          [t('case.resolution'), item.resolution],
          [
            t('case.publicPage'),
            <Anchor key="public" href={item.publicUrl} target="_blank" rel="noreferrer" size="sm">
              {t('case.openPublicPage')} <IconExternalLink size={13} />
            </Anchor>,
          ],
        ]}
      />
    </Panel>
  );
}

function CaseMessages({ caseId }: { caseId: string }) {
  const { t } = useTranslation();
  const messages = useQuery(queries.messages({ caseId, limit: 20 }));
  return (
    <Panel title={t('case.messages')}>
      <Loaded query={messages}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t('case.noMessages')} />
          ) : (
            <Stack gap="sm">
              {page.items.map((message) => (
                <Stack key={message.id} gap={2}>
                  <Group justify="space-between">
                    <Text size="sm" fw={600}>
                      {message.channel === 'sms' ? 'SMS' : 'Email'} · {message.to}
                    </Text>
                    <MessageBadge state={message.state} />
                  </Group>
                  <Text size="sm" className="preformatted" lineClamp={4}>
                    {message.text}
                  </Text>
                  {message.reason && <Text size="xs">{message.reason}</Text>}
                </Stack>
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Panel>
  );
}
