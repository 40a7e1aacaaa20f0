import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { WholeAlert } from '../api/alert.ts';
import { quietQueries, type SuggestionAnswer, useOpenCaseWith, useTryRemedy } from '../api/alert-quiet.ts';
import { queries } from '../api/queries.ts';
import { Panel } from '../components/panel.tsx';
import { Loaded, Trouble } from '../components/states.tsx';

/** What helped past alerts of this kind, with the numbers; nothing happens unless a person says so. */
export function SuggestionPanel({ alert }: { alert: WholeAlert }) {
  const { t } = useTranslation();
  const answer = useQuery(quietQueries.suggestion(alert.id));
  return (
    <Panel title={t('quiet.suggestion')}>
      <Loaded query={answer}>{(data) => <Suggested alert={alert} answer={data} />}</Loaded>
    </Panel>
  );
}

function Suggested({ alert, answer }: { alert: WholeAlert; answer: SuggestionAnswer }) {
  const { t, i18n } = useTranslation();
  const session = useQuery(queries.session());
  const may = (permission: string) => session.data?.user.permissions.includes(permission);
  const remedy = useTryRemedy(alert.id);
  const openCase = useOpenCaseWith(alert.id);
  const { suggestion } = answer;
  if (suggestion === null) {
    const { history, historyMin } = answer;
    return (
      <Text size="sm" c="dimmed">
        {t('quiet.suggestionNone', { history, historyMin })}
      </Text>
    );
  }
  const median = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0 }).format(
    (suggestion.medianSeconds ?? 0) / 60,
  );
  const { priority } = suggestion;
  const error = remedy.error ?? openCase.error;
  return (
    <Stack gap="xs" data-testid="suggestion">
      {suggestion.remedy && (
        <Line
          text={t('quiet.remedy', suggestion.remedy)}
          use={may('commands:send') ? () => remedy.mutate(suggestion.remedy?.command ?? '') : undefined}
          pending={remedy.isPending}
          done={remedy.isSuccess}
        />
      )}
      {priority && (
        <Line
          text={t('quiet.priority', {
            priority: t(`priority.${priority.priority}`, priority.priority),
            with: priority.withThisPriority,
            cases: priority.cases,
          })}
          use={may('cases:write') && !alert.caseId ? () => openCase.mutate(priority.priority) : undefined}
          pending={openCase.isPending}
          done={openCase.isSuccess}
        />
      )}
      {suggestion.remedy === null && priority === null && (
        <Text size="sm">{t('quiet.suggestionNothing')}</Text>
      )}
      <Text size="xs" c="dimmed">
        {t('quiet.basis', {
          basis: suggestion.basis,
          alone: suggestion.endedByThemselves,
          median: t('quiet.minutes', { count: median }),
        })}
      </Text>
      {error && <Trouble error={error} />}
    </Stack>
  );
}

function Line(props: { text: string; use: (() => void) | undefined; pending: boolean; done: boolean }) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <Text size="sm">{props.text}</Text>
      {props.use && (
        <Button
          size="compact-xs"
          variant="default"
          miw="max-content"
          loading={props.pending}
          disabled={props.done}
          onClick={props.use}
        >
          {props.done ? t('quiet.used') : t('quiet.use')}
        </Button>
      )}
    </Group>
  );
}
