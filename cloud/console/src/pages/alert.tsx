import { Button, Grid, Group, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  type AnyWholeAlert,
  alertQueries,
  useAssignAlert,
  useCommentAlert,
  type WholeAlert,
} from '../api/alert.ts';
import { useAcknowledge } from '../api/queries.ts';
import { RecordingChart } from '../charts/recording-chart.tsx';
import { reasonInWords } from '../components/alert-reason.ts';
import { SubjectLink } from '../components/alert-table.tsx';
import { Allowed } from '../components/allowed.tsx';
import { SeverityBadge } from '../components/badges.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { formatValue } from '../components/format.ts';
import { FrameTable } from '../components/frame-table.tsx';
import { useMay } from '../components/may.ts';
import { NoteForm } from '../components/note-form.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { RecordTimeline } from '../components/record-timeline.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { AlertsUnder, HoldNotice, ShelveButton, ToldPanel } from './alert-quiet.tsx';
import { AlertStages } from './alert-stages.tsx';
import { SuggestionPanel } from './alert-suggestion.tsx';

export function AlertPage() {
  const { alertId } = useParams({ strict: false });
  const found = useQuery(alertQueries.one(alertId ?? ''));
  return <Loaded query={found}>{(alert) => <AlertView alert={alert} />}</Loaded>;
}

const isOfDevice = (alert: AnyWholeAlert): alert is WholeAlert => alert.deviceId !== null;

function AlertView({ alert }: { alert: AnyWholeAlert }) {
  const { t } = useTranslation();
  const acknowledge = useAcknowledge();
  const may = useMay('alerts:write');
  return (
    <>
      <PageTitle
        title={`${alert.deviceName ?? alert.deviceId ?? alert.gatewayId}: ${alert.signal}`}
        sub={
          <Group gap="xs">
            <SeverityBadge severity={alert.severity} />
            <Text size="sm">
              {alert.condition === 'cleared'
                ? t('alerts.cleared')
                : t(`alertStatus.${alert.status}`, alert.status)}
            </Text>
            <TimeAgo at={alert.raisedAt} />
          </Group>
        }
      >
        {alert.response === 'unacknowledged' && alert.status !== 'closed' && may && (
          <Button loading={acknowledge.isPending} onClick={() => acknowledge.mutate(alert.id)}>
            {t('alerts.acknowledge')}
          </Button>
        )}
        <ShelveButton alert={alert} />
      </PageTitle>
      <HoldNotice alert={alert} />
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack>
            {isOfDevice(alert) && <AlertStages alert={alert} />}
            <AlertsUnder alert={alert} />
            <History alert={alert} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            {isOfDevice(alert) && alert.condition === 'active' && <SuggestionPanel alert={alert} />}
            <Details alert={alert} />
            <ToldPanel about={{ alertId: alert.id }} />
            {isOfDevice(alert) && <Recorded alert={alert} />}
          </Stack>
        </Grid.Col>
        {isOfDevice(alert) && <RecordedFrames alert={alert} />}
      </Grid>
    </>
  );
}

/** What the edge said and what people said, on one line of time. */
function History({ alert }: { alert: AnyWholeAlert }) {
  const { t, i18n } = useTranslation();
  const comments = useQuery(alertQueries.comments(alert.id));
  const add = useCommentAlert(alert.id);
  const entries = [
    // Of two things at one time the later stands above.
    ...[...alert.transitions].reverse().map((transition) => ({
      at: transition.sourceTime,
      kind: 'alert',
      title: t(`alert.transition.${transition.transition}`, { state: transition.state }),
      detail: [
        transition.reason,
        ...transition.evidence.inputs.map(
          ({ name, value, quality }) =>
            `${name}: ${formatValue(value, null, i18n.language)}${quality === 'GOOD' ? '' : ` (${quality})`}`,
        ),
      ].join('\n'),
      actor: null,
    })),
    ...(comments.data?.items ?? []).map((comment) => ({
      at: comment.createdAt,
      kind: 'note',
      title: t('alert.comment'),
      detail: comment.text,
      actor: null,
    })),
  ].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  return (
    <Panel title={t('case.timeline')}>
      <Allowed to="alerts:write">
        <NoteForm add={add} />
      </Allowed>
      <RecordTimeline entries={entries} testId="alert-timeline" />
    </Panel>
  );
}

function Details({ alert }: { alert: AnyWholeAlert }) {
  const { t, i18n } = useTranslation();
  return (
    <Panel title={t('case.details')}>
      <DetailList
        entries={[
          [t('case.device'), <SubjectLink key="device" alert={alert} />],
          [
            t('quiet.incident'),
            alert.incidentId && (
              <Link key="incident" to="/incidents/$incidentId" params={{ incidentId: alert.incidentId }}>
                {t('quiet.hold_incident')}
              </Link>
            ),
          ],
          [t('alerts.what'), alert.reason],
          [t('alert.rule'), `${alert.rule} (${t('alert.version', { version: alert.ruleVersion })})`],
          [t('alerts.value'), formatValue(alert.value, alert.unit, i18n.language)],
          [t('case.errorCode'), alert.errorCode],
          [t('alerts.raised'), new Date(alert.raisedAt).toLocaleString(i18n.language)],
          [t('alerts.cleared'), alert.clearedAt && new Date(alert.clearedAt).toLocaleString(i18n.language)],
          [t('alerts.state'), reasonInWords(alert.statusReason, t)],
        ]}
      />
      <Assignee alert={alert} />
    </Panel>
  );
}

function Assignee({ alert }: { alert: AnyWholeAlert }) {
  const { t } = useTranslation();
  const people = useQuery(alertQueries.assignees(alert.id, alert.assignedTo));
  const assign = useAssignAlert(alert.id);
  const may = useMay('alerts:write');
  const { items = [], former = null } = people.data ?? {};
  const offered = items.map(({ id, name }) => ({ value: id, label: name, disabled: false }));
  // Who may not any more stays to be read, and is not chosen anew.
  const shown = former && {
    value: former.id,
    label: t('alert.assigneeFormer', { name: former.name }),
    disabled: true,
  };
  return (
    <Stack gap="xs" mt="sm">
      <Select
        label={t('alert.assignee')}
        placeholder={t('alert.nobody')}
        clearable
        searchable
        data={shown === null ? offered : [shown, ...offered]}
        error={shown && t('alert.assigneeFormerHint')}
        value={alert.assignedTo}
        disabled={assign.isPending || !may}
        onChange={(userId) => assign.mutate(userId)}
      />
      {assign.error && <Trouble error={assign.error} />}
    </Stack>
  );
}

/** The flight recorder. */
function Recorded({ alert }: { alert: WholeAlert }) {
  const { t } = useTranslation();
  const recording = useQuery(alertQueries.recording(alert.id));
  return (
    <Panel title={t('alert.recording')}>
      <Loaded query={recording}>
        {({ parts }) =>
          parts.length === 0 ? (
            <Empty title={t('alert.noRecording')} />
          ) : (
            <RecordingChart parts={parts} raisedAt={alert.raisedAt} />
          )
        }
      </Loaded>
    </Panel>
  );
}

/** The flight recorder's frames, over the whole width; nothing where there is no recording, which is said above. */
function RecordedFrames({ alert }: { alert: WholeAlert }) {
  const { t } = useTranslation();
  const parts = useQuery(alertQueries.recording(alert.id)).data?.parts ?? [];
  if (parts.length === 0) return null;
  const raised = alert.transitions.find(({ transition }) => transition === 'raised');
  return (
    <Grid.Col span={12}>
      <Panel title={t('recording.frames')}>
        {parts.every(({ frames }) => frames.length === 0) ? (
          <Empty title={t('recording.noFrames')} />
        ) : (
          <Stack gap="xs">
            <Text size="sm" c="dimmed">
              {t('recording.framesIntro')}
            </Text>
            <FrameTable parts={parts} raisedAt={raised?.gatewayTime ?? alert.raisedAt} />
          </Stack>
        )}
      </Panel>
    </Grid.Col>
  );
}
