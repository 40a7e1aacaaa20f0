import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { priorityColor, severityColor } from '../app/theme.ts';
import { useNow } from './time.tsx';

export function SeverityBadge({ severity }: { severity: string }) {
  const { t } = useTranslation();
  return (
    <Badge miw="max-content" color={severityColor[severity] ?? 'gray'} variant="filled" size="sm">
      {t(`severity.${severity}`, severity)}
    </Badge>
  );
}

export function PriorityBadge({ priority }: { priority: string }) {
  const { t } = useTranslation();
  return (
    <Badge miw="max-content" color={priorityColor[priority] ?? 'gray'} variant="light" size="sm">
      {t(`priority.${priority}`, priority)}
    </Badge>
  );
}

/** A device that connects only to send is there, though it holds no connection. */
const lastHeardMilliseconds = 60_000;

export function ConnectionBadge(props: { connected: boolean; lastActivityAt?: string | null }) {
  const { t } = useTranslation();
  const now = useNow();
  const { connected, lastActivityAt } = props;
  const isHeard = !!lastActivityAt && now - Date.parse(lastActivityAt) < lastHeardMilliseconds;
  return (
    <Badge
      miw="max-content"
      variant="dot"
      color={connected ? 'green' : isHeard ? 'teal' : 'gray'}
      data-connected={connected}
    >
      {connected ? t('devices.connected') : isHeard ? t('devices.heard') : t('devices.away')}
    </Badge>
  );
}

const commandColor: Record<string, string> = {
  SUCCEEDED: 'green',
  FAILED: 'red',
  TIMED_OUT: 'red',
  EXPIRED: 'orange',
  REJECTED: 'red',
  CANCELLED: 'gray',
};

export function CommandBadge({ state }: { state: string }) {
  const { t } = useTranslation();
  return (
    <Badge
      miw="max-content"
      color={commandColor[state] ?? 'blue'}
      variant="light"
      data-testid="command-state"
      data-state={state}
    >
      {t(`commandState.${state}`, state)}
    </Badge>
  );
}

const messageColor: Record<string, string> = {
  delivered: 'green',
  sent: 'teal',
  undelivered: 'red',
  failed: 'red',
  blocked: 'orange',
  unknown: 'yellow',
};

export function MessageBadge({ state }: { state: string }) {
  const { t } = useTranslation();
  return (
    <Badge
      miw="max-content"
      color={messageColor[state] ?? 'blue'}
      variant="light"
      size="sm"
      data-state={state}
    >
      {t(`messageState.${state}`, state)}
    </Badge>
  );
}

const caseColor: Record<string, string> = { active: 'orange', resolved: 'green', cancelled: 'gray' };

export function CaseBadge({ status }: { status: string }) {
  const { t } = useTranslation();
  return (
    <Badge
      miw="max-content"
      color={caseColor[status] ?? 'gray'}
      variant="light"
      data-testid="case-status"
      data-state={status}
    >
      {t(`cases.${status}`, status)}
    </Badge>
  );
}
