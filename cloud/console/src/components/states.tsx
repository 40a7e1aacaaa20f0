import { Alert, Button, Center, Loader, Stack, Text } from '@mantine/core';
import { IconCloudOff, IconExclamationCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { OfflineError, ProblemError } from '../api/client.ts';

/** What went wrong, what to do now, and a way to try again. */
export function Trouble({ error, retry }: { error: Error; retry?: () => void }) {
  const { t } = useTranslation();
  const offline = error instanceof OfflineError;
  const nextStep = error instanceof ProblemError ? error.nextStep : undefined;
  return (
    <Alert
      color={offline ? 'gray' : 'red'}
      icon={offline ? <IconCloudOff /> : <IconExclamationCircle />}
      title={offline ? t('common.offlineTitle') : t('common.problemTitle')}
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{offline ? t('common.offlineText') : error.message}</Text>
        {nextStep && <Text size="sm">{nextStep}</Text>}
        {error instanceof ProblemError &&
          error.fields.map((field) => (
            <Text size="sm" key={field.field}>
              {field.field}: {field.message}
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
  return (
    <Stack gap="sm">
      {query.error && <Trouble error={query.error} retry={() => void query.refetch()} />}
      {query.data !== undefined && children(query.data)}
    </Stack>
  );
}
