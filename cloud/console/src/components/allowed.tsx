import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from './may.ts';
import { Empty } from './states.tsx';

/** What only those see who may do it. */
export function Allowed({ to, children }: { to: string; children: ReactNode }) {
  return useMay(to) ? children : null;
}

/** A page, or the part of one, that is there to change things: others are told why they do not see it. */
export function AllowedPage({ to, children }: { to: readonly string[]; children: ReactNode }) {
  const { t } = useTranslation();
  const may = [useMay(to[0] ?? ''), useMay(to[1] ?? to[0] ?? '')];
  return may.every(Boolean) ? (
    children
  ) : (
    <Empty title={t('shared.notYours')} text={t('shared.notYoursText')} />
  );
}

/** A form that shows what is there: whoever may not change it reads it. */
export function ReadOnlyUnless({ may: permission, children }: { may: string; children: ReactNode }) {
  const { t } = useTranslation();
  return useMay(permission) ? (
    children
  ) : (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        {t('shared.readOnly')}
      </Text>
      <fieldset disabled className="plain-fieldset">
        {children}
      </fieldset>
    </>
  );
}
