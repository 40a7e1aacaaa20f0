import { Alert, Button, Center, Loader, Stack, Text } from '@mantine/core';
import { IconCloudOff, IconExclamationCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { OfflineError, ProblemError } from '../api/client.ts';
import { refusedFieldText } from './refused-field.ts';
import { knownMistakeText } from './rule-mistake-text.ts';
import { toldOnce } from './told.ts';

/** What went wrong, what to do now, and a way to try again. */
export function Trouble({ error, retry }: { error: Error; retry?: () => void }) {
  const { t } = useTranslation();
  const offline = error instanceof OfflineError;
  const told = error instanceof ProblemError ? problemTold(error, t) : [error.message];
  return (
    <Alert
      color={offline ? 'gray' : 'red'}
      icon={offline ? <IconCloudOff /> : <IconExclamationCircle />}
      title={offline ? t('common.offlineTitle') : t('common.problemTitle')}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        {(offline ? [t('common.offlineText')] : told).map((text) => (
          <Text size="sm" key={text}>
            {text}
          </Text>
        ))}
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('common.retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function problemTold({ code, message, nextStep, fields, ruleMistake }: ProblemError, t: TFunction): string[] {
  if (code === 'platform.invalid-request') {
    const told = fields.map((field) => refusedFieldText(field, (key, values) => t(key, values ?? {})));
    return [...new Set([t('refusedForm.title'), ...told])];
  }
  const known = ruleMistake && knownMistakeText(ruleMistake, (key, values) => t(key, values ?? {}));
  return known === undefined
    ? toldOnce([message, nextStep], fields)
    : [t('rules.mistakeOf', { rule: ruleMistake?.rule, text: known })];
}

/** Nothing here, and what would make something appear. */
export function Empty({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <Center py="md">
      <Stack gap={6} align="center" maw={420}>
        <Text size="sm" fw={600} ta="center">
          {title}
        </Text>
        {text && (
          <Text size="sm" c="dimmed" ta="center">
            {text}
          </Text>
        )}
        {children}
      </Stack>
    </Center>
  );
}

/** The address names something that does not exist, or no longer. */
export function NotThere() {
  const { t } = useTranslation();
  return (
    <Empty title={t('common.notFoundTitle')} text={t('common.notFoundText')}>
      <Button component={Link} to="/" variant="default" mt="sm">
        {t('common.goOverview')}
      </Button>
    </Empty>
  );
}

/** Shows a query's data; a failure keeps what was shown before, beneath the notice. */
export function Loaded<Data>({
  query,
  children,
}: {
  query: { data: Data | undefined; error: Error | null; isPending: boolean; refetch: () => unknown };
  children: (data: Data) => ReactNode;
}) {
  if (query.data === undefined && query.isPending) {
    return (
      <Center py="xl">
        <Loader size="sm" />
      </Center>
    );
  }
  if (query.data === undefined && query.error instanceof ProblemError && query.error.status === 404) {
    return <NotThere />;
  }
  return (
    <Stack gap="sm">
      {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
      {query.data !== undefined && children(query.data)}
    </Stack>
  );
}
