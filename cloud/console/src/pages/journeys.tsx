import { Badge, Group, Paper, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { Journey } from '../api/types.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded } from '../components/states.tsx';

const countNames = ['entered', 'conditionNotMet', 'inProgress', 'done', 'exited'] as const;
const statusColor: Record<string, string> = { live: 'green', draft: 'gray', stopped: 'orange' };

export function JourneysPage() {
  const { t } = useTranslation();
  const journeys = useQuery(queries.journeys());
  return (
    <>
      <PageTitle title={t('journeys.title')} />
      <Loaded query={journeys}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t('journeys.empty')} />
          ) : (
            <Stack>
              {page.items.map((journey) => (
                <JourneyCard key={journey.id} journey={journey} />
              ))}
            </Stack>
          )
        }
      </Loaded>
    </>
  );
}

function JourneyCard({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="xs">
        <Text fw={600}>{journey.title ?? journey.name}</Text>
        <Badge color={statusColor[journey.status] ?? 'gray'} variant="light">
          {t(`journeys.${journey.status}`)}
        </Badge>
      </Group>
      <Group gap="xl">
        {countNames.map((name) => (
          <div key={name}>
            <Text size="xs" c="dimmed">
              {t(`journeys.${name}`)}
            </Text>
            <Text fz="lg" fw={600} className="number">
              {journey.counts[name]}
            </Text>
          </div>
        ))}
      </Group>
    </Paper>
  );
}
