import { Badge, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AlertHold } from '../api/types.ts';
import { useNow } from './time.tsx';

/** How long until a time, in the console's language: 12 min, 3 h, 2 d. */
export function useCountdown(until: string | null): string | undefined {
  const { t } = useTranslation();
  const now = useNow();
  if (until === null) {
    return undefined;
  }
  const minutes = Math.max(0, Math.ceil((Date.parse(until) - now) / 60_000));
  if (minutes < 120) {
    return t('quiet.minutes', { count: minutes });
  }
  return minutes < 2880
    ? t('quiet.hours', { count: Math.round(minutes / 60) })
    : t('quiet.days', { count: Math.round(minutes / 1440) });
}

/** That nobody is told of an alert for now, why, and when that ends. */
export function HoldBadge({ hold }: { hold: AlertHold | null }) {
  const { t } = useTranslation();
  const left = useCountdown(hold?.until ?? null);
  if (hold === null) {
    return null;
  }
  return (
    <Tooltip label={left === undefined ? t('quiet.holdText') : t('quiet.backIn', { time: left })}>
      <Badge
        size="xs"
        variant="light"
        color="gray"
        miw="max-content"
        data-testid="hold"
        data-hold={hold.kind}
      >
        {t(`quiet.hold_${hold.kind}`)}
        {left !== undefined && ` · ${left}`}
      </Badge>
    </Tooltip>
  );
}
