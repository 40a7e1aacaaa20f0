import { Badge, Button, Group, Modal, Alert as Notice, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconBellOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnyWholeAlert } from '../api/alert.ts';
import { quietQueries, useShelve, useUnshelve } from '../api/alert-quiet.ts';
import { queries } from '../api/queries.ts';
import { reasonInWords } from '../components/alert-reason.ts';
import { AlertTable } from '../components/alert-table.tsx';
import { useCountdown } from '../components/hold.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';

/** Why nobody is told of it, until when, and the way back. */
export function HoldNotice({ alert }: { alert: AnyWholeAlert }) {
  const { t, i18n } = useTranslation();
  const unshelve = useUnshelve(alert.id);
  const left = useCountdown(alert.hold?.until ?? null);
  if (alert.hold === null || alert.condition !== 'active') {
    return null;
  }
  const { shelf } = alert;
  return (
    <Notice
      mb="md"
      color="gray"
      icon={<IconBellOff />}
      title={`${t(`quiet.hold_${alert.hold.kind}`)}${left === undefined ? '' : ` · ${t('quiet.backIn', { time: left })}`}`}
      data-testid="hold-notice"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{t('quiet.holdText')}</Text>
        {shelf && (
          <>
            <Text size="sm">
              {t('quiet.shelvedBy', {
                reason: shelf.reason,
                until: new Date(shelf.until).toLocaleString(i18n.language),
              })}
            </Text>
            <Button
              size="xs"
              variant="default"
              loading={unshelve.isPending}
              onClick={() => unshelve.mutate(undefined)}
              data-testid="unshelve"
            >
              {t('quiet.unshelve')}
            </Button>
          </>
        )}
        {unshelve.error && <Trouble error={unshelve.error} />}
      </Stack>
    </Notice>
  );
}

const minutesToChoose = [15, 60, 240, 480, 1440, 4320, 10_080];

export function ShelveButton({ alert }: { alert: AnyWholeAlert }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const session = useQuery(queries.session());
  const may = session.data?.user.permissions.includes('alerts:write');
  if (!may || alert.condition !== 'active' || alert.status === 'closed' || alert.hold?.kind === 'shelved') {
    return null;
  }
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)} data-testid="shelve">
        {t('quiet.shelve')}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t('quiet.shelve')} centered>
        <ShelveForm alertId={alert.id} onDone={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function ShelveForm({ alertId, onDone }: { alertId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const shelve = useShelve(alertId);
  const [span, setSpan] = useState('60');
  const [reason, setReason] = useState('');
  const labelOf = (minutes: number) =>
    minutes < 60
      ? t('quiet.minutes', { count: minutes })
      : minutes < 1440
        ? t('quiet.hours', { count: minutes / 60 })
        : t('quiet.days', { count: minutes / 1440 });
  const submit = () => {
    // A little less than the longest, for clocks that differ.
    const until = new Date(Date.now() + Number(span) * 60_000 - 30_000).toISOString();
    shelve.mutate(span === 'one-shot' ? { kind: 'one-shot', reason } : { kind: 'timed', until, reason }, {
      onSuccess: onDone,
    });
  };
  return (
    <Stack>
      <Text size="sm">{t('quiet.shelveIntro')}</Text>
      <Select
        label={t('quiet.shelveFor')}
        allowDeselect={false}
        value={span}
        onChange={(value) => setSpan(value ?? '60')}
        data={[
          ...minutesToChoose.map((minutes) => ({ value: String(minutes), label: labelOf(minutes) })),
          { value: 'one-shot', label: t('quiet.oneShot') },
        ]}
      />
      <TextInput
        label={t('quiet.why')}
        required
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {shelve.error && <Trouble error={shelve.error} />}
      <Group justify="flex-end">
        <Button disabled={reason.trim() === ''} loading={shelve.isPending} onClick={submit}>
          {t('quiet.shelve')}
        </Button>
      </Group>
    </Stack>
  );
}

/** The children of a primary, and what an outage or a group holds back. */
export function AlertsUnder({ alert }: { alert: AnyWholeAlert }) {
  const { t } = useTranslation();
  const { children, holding } = alert;
  const holds = holding.held + holding.voided;
  return (
    <>
      {children.count > 0 && (
        <Panel
          title={`${t('quiet.children')} (${children.count})`}
          side={<Badge variant="light">{t('quiet.active', { count: children.active })}</Badge>}
        >
          <Under filter={{ parentAlertId: alert.id }} />
        </Panel>
      )}
      {holds > children.count && (
        <Panel title={t('quiet.holding')}>
          <Text size="sm" mb="xs">
            {t('quiet.holdingText', holding)}
          </Text>
          <Under filter={{ holdId: alert.id }} />
        </Panel>
      )}
    </>
  );
}

export function Under({ filter }: { filter: Parameters<typeof quietQueries.under>[0] }) {
  const found = useQuery(quietQueries.under(filter));
  return <Loaded query={found}>{({ items }) => <AlertTable alerts={items} compact />}</Loaded>;
}

const colorOf = { waiting: 'gray', told: 'green', dropped: 'orange' };

/** Whom a rule names for it, and what became of that. */
export function ToldPanel({ about }: { about: { alertId: string } | { incidentId: string } }) {
  const { t } = useTranslation();
  const notices = useQuery(quietQueries.notices(about));
  return (
    <Panel title={t('quiet.told')}>
      <Loaded query={notices}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('quiet.toldNobody')} />
          ) : (
            <Stack gap="xs" data-testid="told">
              {items.map((notice) => (
                <Group key={notice.id} gap="xs" align="flex-start">
                  <Badge size="sm" variant="light" color={colorOf[notice.state]} miw="max-content">
                    {t(`quiet.state_${notice.state}`)}
                  </Badge>
                  <Text size="sm" flex={1}>
                    {`${notice.personName}, ${t(`quiet.channel_${notice.channel}`)}`}
                    {notice.ofEnd && ` · ${t('quiet.ofEnd')}`}
                    {notice.reason && ` · ${reasonInWords(notice.reason, t)}`}
                  </Text>
                </Group>
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Panel>
  );
}
