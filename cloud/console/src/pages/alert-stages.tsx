import { Button, Group, Stack, Stepper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import {
  alertQueries,
  type Escalation,
  useCloseAlert,
  useEscalateAlert,
  type WholeAlert,
} from '../api/alert.ts';
import { queries } from '../api/queries.ts';
import { useMakeWorkOrder } from '../api/work-orders.ts';
import { reasonInWords } from '../components/alert-reason.ts';
import { Panel } from '../components/panel.tsx';
import { Trouble } from '../components/states.tsx';
import { TryRemedyButton } from './try-remedy.tsx';

type Reached = 'done' | 'failed' | 'open';

/** The way of an alert: created, remote action, case, work order, closed; each step can be taken by hand. */
export function AlertStages({ alert }: { alert: WholeAlert }) {
  const { t } = useTranslation();
  const escalation = useQuery(alertQueries.escalation(alert.id));
  const workOrders = useQuery(alertQueries.workOrders(alert.id));
  const order = workOrders.data?.items[0];
  const isOver = alert.status === 'closed' || alert.status === 'inactive';
  const stages: { key: string; reached: Reached; detail: React.ReactNode }[] = [
    { key: 'created', reached: 'done', detail: null },
    {
      key: 'remote',
      reached: remoteOf(escalation.data ?? null),
      detail: reasonInWords(lastWord(escalation.data ?? null), t),
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
        active={stages.findLastIndex(({ reached }) => reached !== 'open') + 1}
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
            {...(reached === 'failed' ? { color: 'red' } : {})}
            completedIcon={
              reached === 'open' ? <Text size="xs">–</Text> : reached === 'failed' ? '!' : undefined
            }
          />
        ))}
      </Stepper>
      {!isOver && <StagesByHand alert={alert} hasWorkOrder={order !== undefined} />}
    </Panel>
  );
}

function remoteOf(escalation: Escalation | null): Reached {
  if (escalation === null || !escalation.steps.some(({ step }) => step === 'remedy-sent')) {
    return 'open';
  }
  return ['unremedied', 'case-opened', 'work-order-opened'].includes(escalation.state) ? 'failed' : 'done';
}

function lastWord(escalation: Escalation | null): string | null {
  return escalation?.steps.findLast(({ reason }) => reason !== null)?.reason ?? null;
}

function StagesByHand({ alert, hasWorkOrder }: { alert: WholeAlert; hasWorkOrder: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const escalate = useEscalateAlert(alert.id);
  const send = useMakeWorkOrder();
  const close = useCloseAlert(alert.id);
  const session = useQuery(queries.session());
  const may = (permission: string) => session.data?.user.permissions.includes(permission);
  const error = escalate.error ?? send.error ?? close.error;
  const title = `${alert.deviceName ?? alert.deviceId}: ${alert.reason}`.slice(0, 200);
  return (
    <Stack gap="xs" mt="md">
      <Group gap="xs">
        {alert.condition === 'active' && may('commands:send') && <TryRemedyButton alert={alert} />}
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
          <Button
            variant="default"
            size="xs"
            loading={send.isPending}
            onClick={() =>
              send.mutate(
                { alertId: alert.id, title },
                {
                  onSuccess: (made) =>
                    void navigate({ to: '/work-orders/$workOrderId', params: { workOrderId: made.id } }),
                },
              )
            }
          >
            {t('workOrders.send')}
          </Button>
        )}
        {may('alerts:write') && (
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
