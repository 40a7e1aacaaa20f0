import { Text, Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 365],
];

/** The time in epoch milliseconds, anew every few seconds. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** 3 minutes ago, in the console's language; the exact time on hover. */
export function TimeAgo({ at, size = 'sm' }: { at: string | null | undefined; size?: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  if (!at) {
    return (
      <Text size={size} c="dimmed" component="span">
        {t('common.never')}
      </Text>
    );
  }
  const date = new Date(at);
  return (
    <Tooltip label={date.toLocaleString(i18n.language)}>
      <Text size={size} c="dimmed" component="time" dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {relative((date.getTime() - now) / 1000, i18n.language) ?? t('common.now')}
      </Text>
    </Tooltip>
  );
}

function relative(seconds: number, language: string): string | undefined {
  if (Math.abs(seconds) < 5) {
    return undefined;
  }
  let amount = seconds;
  for (const [unit, next] of steps) {
    if (Math.abs(amount) < next) {
      return new Intl.RelativeTimeFormat(language, { style: 'short' }).format(Math.round(amount), unit);
    }
    amount /= next;
  }
  return new Intl.RelativeTimeFormat(language, { style: 'short' }).format(Math.round(amount), 'year');
}
