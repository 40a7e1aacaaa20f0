import { Badge, Paper, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { type Incident, quietQueries } from '../api/alert-quiet.ts';
import { AlertsNav } from '../components/alerts-nav.tsx';
import { SeverityBadge } from '../components/badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';

export function IncidentsPage() {
  const { t } = useTranslation();
  const incidents = useQuery(quietQueries.incidents());
  return (
    <>
      <PageTitle title={t('quiet.nav_incidents')} sub={t('quiet.incidentsIntro')} />
      <AlertsNav />
      <Paper withBorder p="md">
        <Loaded query={incidents}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t('quiet.noIncidents')} text={t('quiet.noIncidentsText')} />
            ) : (
              <WideTable verticalSpacing="xs" highlightOnHover>
                <Table.Tbody>
                  {items.map((incident) => (
                    <IncidentRow key={incident.id} incident={incident} />
                  ))}
                </Table.Tbody>
              </WideTable>
            )
          }
        </Loaded>
      </Paper>
    </>
  );
}

function IncidentRow({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const cause = useCauseWords(incident);
  return (
    <Table.Tr data-testid="incident-row">
      <Table.Td>
        <Stack gap={4} align="flex-start">
          <Link to="/incidents/$incidentId" params={{ incidentId: incident.id }} className="plain-link">
            <Text size="sm" fw={600}>
              {cause}
            </Text>
          </Link>
          <SeverityBadge severity={incident.severity} />
        </Stack>
      </Table.Td>
      <Table.Td>
        <Text size="sm">
          {t('quiet.count', { alerts: incident.alertCount, devices: incident.deviceCount })}
        </Text>
      </Table.Td>
      <Table.Td>
        <IncidentBadge state={incident.state} />
      </Table.Td>
      <Table.Td>
        <TimeAgo at={incident.openedAt} />
      </Table.Td>
    </Table.Tr>
  );
}

/** What its alerts have in common. */
export function useCauseWords({ cause }: Incident): string {
  const { t } = useTranslation();
  switch (cause.kind) {
    case 'rule': {
      const code = cause.errorCode === null ? '' : ` (${cause.errorCode})`;
      return `${t('quiet.cause_rule', { name: cause.rule })}${code}, ${cause.categoryId}`;
    }
    case 'site':
      return t('quiet.cause_site');
    case 'gateway':
      return t('quiet.cause_gateway', { name: cause.gatewayId });
  }
}

const colorOf = { gathering: 'red', settled: 'orange', over: 'green', closed: 'gray' };

export function IncidentBadge({ state }: { state: Incident['state'] }) {
  const { t } = useTranslation();
  return (
    <Badge size="sm" variant="light" color={colorOf[state]} miw="max-content">
      {t(`quiet.incidentState_${state}`)}
    </Badge>
  );
}
