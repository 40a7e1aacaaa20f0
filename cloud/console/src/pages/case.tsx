import { Anchor, Button, Grid, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries, useAddNote, useResolveCase } from '../api/queries.ts';
import type { Case } from '../api/types.ts';
import { Allowed } from '../components/allowed.tsx';
import { CaseBadge, MessageBadge, PriorityBadge } from '../components/badges.tsx';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { NoteForm } from '../components/note-form.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { RecordTimeline } from '../components/record-timeline.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { SendTechnicianButton, WorkOrdersOfCase } from './send-technician.tsx';

export function CasePage() {
  const { caseId } = useParams({ strict: false });
  const found = useQuery(queries.case(caseId ?? ''));
  return <Loaded query={found}>{(item) => <CaseView item={item} />}</Loaded>;
}

function CaseView({ item }: { item: Case }) {
  const { t } = useTranslation();
  const addNote = useAddNote(item.id);
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
        {item.status === 'active' && (
          <Group gap="xs">
            <Allowed to="work-orders:write">
              <SendTechnicianButton
                cause={{ caseId: item.id }}
                title={item.title}
                asks={t('workOrders.sendAsk', { number: item.number })}
              />
            </Allowed>
            <Allowed to="cases:write">
              <ResolveButton item={item} />
            </Allowed>
          </Group>
        )}
      </PageTitle>
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title={t('case.timeline')}>
            {item.status === 'active' && (
              <Allowed to="cases:write">
                <NoteForm add={addNote} />
              </Allowed>
            )}
            <RecordTimeline entries={item.timeline} testId="case-timeline" />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            <CaseDetails item={item} />
            <WorkOrdersOfCase caseId={item.id} />
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
            <ChangeTrouble change={resolve} />
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
