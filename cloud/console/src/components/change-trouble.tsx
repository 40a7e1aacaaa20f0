import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '../api/client.ts';
import { Trouble } from './states.tsx';

/** Refusals (409) of what was possible until somebody else took a step. */
const stepsTaken = new Set([
  'jobs.step-not-possible',
  'jobs.no-draft-any-more',
  'incidents.closed-already',
  'work-orders.step-refused',
]);

/**
 * Somebody else changed the record first (412) or took a step that rules this one out (409), or it is not known what
 * the edit is based on (428).
 */
const isConflict = (error: Error): boolean =>
  error instanceof ProblemError &&
  (error.status === 412 || error.status === 428 || stepsTaken.has(error.code));

/** Why a change failed; where somebody else was first, a way to go on with what was typed. */
export function ChangeTrouble(props: {
  change: { error: Error | null; reset: () => void };
  /** Left out where everything but what is typed comes from queries: they are fetched anew. */
  takeNow?: () => Promise<unknown>;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { error, reset } = props.change;
  const take = useMutation({
    mutationFn: props.takeNow ?? (() => client.invalidateQueries()),
    onSuccess: reset,
  });
  if (error === null) {
    return null;
  }
  if (!isConflict(error)) {
    return <Trouble error={error} />;
  }
  return (
    <Alert color="orange" role="alert" title={t('shared.conflict')} data-testid="conflict">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{t('shared.conflictText')}</Text>
        {take.error && <Trouble error={take.error} />}
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={14} />}
          loading={take.isPending}
          onClick={() => take.mutate()}
        >
          {t('shared.takeNow')}
        </Button>
      </Stack>
    </Alert>
  );
}
