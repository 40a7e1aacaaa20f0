import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Incident, quietQueries, useAcknowledgeIncident, useCloseIncident } from '../api/alert-quiet.ts';
import { queries } from '../api/queries.ts';
import { SeverityBadge } from '../components/badges.tsx';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { ToldPanel, Under } from './alert-quiet.tsx';
import { IncidentBadge, useCauseWords } from './incidents.tsx';

export function IncidentPage() {
  const { incidentId } = useParams({ strict: false });
  const found = useQuery(quietQueries.incident(incidentId ?? ''));
  return <Loaded query={found}>{(incident) => <IncidentView incident={incident} />}</Loaded>;
}

function IncidentView({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const cause = useCauseWords(incident);
  const [closing, setClosing] = useState(false);
  const acknowledge = useAcknowledgeIncident(incident.id);
  const session = useQuery(queries.session());
  const may = session.data?.user.permissions.includes('alerts:write');
  return (
    <>
      <PageTitle
        title={cause}
        sub={
          <Group gap="xs">
            <SeverityBadge severity={incident.severity} />
            <IncidentBadge state={incident.state} />
            <TimeAgo at={incident.openedAt} />
          </Group>
        }
      >
        {may && incident.acknowledgedAt === null && incident.state !== 'closed' && (
          <Button loading={acknowledge.isPending} onClick={() => acknowledge.mutate(undefined)}>
            {t('alerts.acknowledge')}
          </Button>
        )}
        {may && incident.state !== 'closed' && (
          <Button variant="default" onClick={() => setClosing(true)}>
            {t('quiet.close')}
          </Button>
        )}
      </PageTitle>
      <Panel
        title={t('quiet.members')}
        side={
          <Text size="sm" data-testid="incident-count">
            {t('quiet.count', { alerts: incident.alertCount, devices: incident.deviceCount })}
            {' · '}
            {t('quiet.active', { count: incident.activeCount })}
          </Text>
        }
      >
        <Under filter={{ incidentId: incident.id }} />
      </Panel>
      <ToldPanel about={{ incidentId: incident.id }} />
      <Modal
        opened={closing && incident.state !== 'closed'}
        onClose={() => setClosing(false)}
        title={t('quiet.close')}
        centered
      >
        <CloseForm incidentId={incident.id} onDone={() => setClosing(false)} />
      </Modal>
    </>
  );
}

function CloseForm({ incidentId, onDone }: { incidentId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const close = useCloseIncident(incidentId);
  const [reason, setReason] = useState('');
  const [release, setRelease] = useState(false);
  return (
    <Stack>
      <Text size="sm">{t('quiet.closeIntro')}</Text>
      <TextInput
        label={t('quiet.why')}
        required
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Checkbox
        label={t('quiet.release')}
        checked={release}
        onChange={(event) => setRelease(event.currentTarget.checked)}
      />
      <ChangeTrouble change={close} />
      <Group justify="flex-end">
        <Button
          disabled={reason.trim() === ''}
          loading={close.isPending}
          onClick={() => close.mutate({ reason, release }, { onSuccess: onDone })}
        >
          {t('quiet.close')}
        </Button>
      </Group>
    </Stack>
  );
}
