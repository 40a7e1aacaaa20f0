import { Button, Group, Stack, Stepper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  alertQueries,
  type Escalation,
  useCloseAlert,
  useEscalateAlert,
  type WholeAlert,
} from '../api/alert.ts';
import { queries } from '../api/queries.ts';
import { reasonInWords } from '../components/alert-reason.ts';
import { Panel } from '../components/panel.tsx';
import { Trouble } from '../components/states.tsx';
import { SendTechnicianButton } from './send-technician.tsx';
import { TryRemedyButton } from './try-remedy.tsx';

type Reached = 'done' | 'failed' | 'under-way' | 'open';

/** What became of the remedies that were tried; `ended`: the alert went, but not because of them. */
type RemoteAction = 'sent' | 'underWay' | 'succeeded' | 'ended' | 'failed';

/** The way of an alert: created, remote action, case, work order, closed; each step can be taken by hand. */
export function AlertStages({ alert }: { alert: WholeAlert }) {
  const { t } = useTranslation();
  const escalation = useQuery(alertQueries.escalation(alert.id));
  const workOrders = useQuery(alertQueries.workOrders(alert.id));
  const order = workOrders.data?.items[0];
  const remote = remoteOf(escalation.data ?? null);
  const isOver = alert.status === 'closed' || alert.status === 'inactive';
  const stages: { key: string; reached: Reached; detail: React.ReactNode }[] = [
    { key: 'created', reached: 'done', detail: null },
    {
      key: 'remote',
      reached: remote === null ? 'open' : reachedBy[remote],
      detail: (
        <>
          {remote !== null && (
            <Text size="xs" fw={600} data-testid="remote-action">
              {t(`alert.remoteAction.${remote}`)}
            </Text>
          )}
          {reasonInWords(lastWord(escalation.data ?? null), t)}
        </>
      ),
    },
    {
      key: 'case',
      reached: alert.caseId ? 'done' : 'open',
      detail: alert.caseId && (
        <Link to="/cases/$caseId" params={{ caseId: alert.caseId }}>
          {t('alerts.case')}
        </Link>
      ),
    },
    {
      key: 'workOrder',
      reached: order === undefined ? 'open' : 'done',
      detail: order && (
        <Link to="/work-orders/$workOrderId" params={{ workOrderId: order.id }}>
          {order.number}
        </Link>
      ),
    },
    { key: 'closed', reached: isOver ? 'done' : 'open', detail: null },
  ];
  return (
    <Panel title={t('alert.stages')}>
      <Stepper
        active={stages.findLastIndex(({ reached }) => reached === 'done' || reached === 'failed') + 1}
        size="xs"
        iconSize={26}
        orientation="vertical"
        data-testid="alert-stages"
      >
        {stages.map(({ key, reached, detail }) => (
          <Stepper.Step
            key={key}
            label={t(`alert.stage.${key}`)}
            description={detail}
            loading={reached === 'under-way'}
            {...(reached === 'failed' ? { color: 'red' } : {})}
            completedIcon={completedIcons[reached]}
          />
        ))}
      </Stepper>
      <StagesByHand alert={alert} hasWorkOrder={order !== undefined} />
    </Panel>
  );
}

/** Of a stage that a later one has overtaken. */
const completedIcons: Readonly<Record<Reached, React.ReactNode>> = {
  done: undefined,
  failed: '!',
  'under-way': <Text size="xs">…</Text>,
  open: <Text size="xs">–</Text>,
};

const reachedBy: Readonly<Record<RemoteAction, Reached>> = {
  sent: 'under-way',
  underWay: 'under-way',
  succeeded: 'done',
  ended: 'failed',
  failed: 'failed',
};

/** Sent is not yet done: done it is when the alert went because of it, and stayed away. */
function remoteOf(escalation: Escalation | null): RemoteAction | null {
  if (escalation === null || !escalation.steps.some(({ step }) => step === 'remedy-sent')) {
    return null;
  }
  switch (escalation.state) {
    case 'open':
    case 'remedying':
      return 'sent';
    case 'verifying':
      return 'underWay';
    case 'remedied':
      return escalation.steps.some(({ step }) => step === 'remedied') ? 'succeeded' : 'ended';
    default:
      return 'failed';
  }
}

function lastWord(escalation: Escalation | null): string | null {
  return escalation?.steps.findLast(({ reason }) => reason !== null)?.reason ?? null;
}

function StagesByHand({ alert, hasWorkOrder }: { alert: WholeAlert; hasWorkOrder: boolean }) {
  const { t } = useTranslation();
  const escalate = useEscalateAlert(alert.id);
  const close = useCloseAlert(alert.id);
  const session = useQuery(queries.session());
  const may = (permission: string) => session.data?.user.permissions.includes(permission);
  const error = escalate.error ?? close.error;
  const title = `${alert.deviceName ?? alert.deviceId}: ${alert.reason}`.slice(0, 200);
  return (
    <Stack gap="xs" mt="md">
      <Group gap="xs">
        {alert.condition === 'active' && alert.status !== 'closed' && may('commands:send') && (
          <TryRemedyButton alert={alert} />
        )}
        {!alert.caseId && may('cases:write') && (
          <Button
            variant="default"
            size="xs"
            loading={escalate.isPending}
            onClick={() => escalate.mutate(undefined)}
            data-testid="open-case"
          >
            {t('alert.openCase')}
          </Button>
        )}
        {!hasWorkOrder && may('work-orders:write') && (
          <SendTechnicianButton
            cause={{ alertId: alert.id }}
            title={title}
            asks={t('workOrders.send')}
            size="xs"
          />
        )}
        {alert.status !== 'closed' && may('alerts:write') && (
          <Button
            variant="default"
            size="xs"
            loading={close.isPending}
            onClick={() => close.mutate(undefined)}
            data-testid="close-alert"
          >
            {t('alert.close')}
          </Button>
        )}
      </Group>
      {error && <Trouble error={error} />}
    </Stack>
  );
}
