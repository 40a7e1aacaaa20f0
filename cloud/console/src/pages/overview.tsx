import { Grid, Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import type { Page } from '../api/types.ts';
import { ActivityFeed } from '../components/activity-feed.tsx';
import { AlertTable } from '../components/alert-table.tsx';
import { CaseTable } from '../components/case-table.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded } from '../components/states.tsx';

const shownRows = 6;

/** `200+` where there are more than one page can tell. */
function countText(page: Page<unknown> | undefined): string {
  return page === undefined ? '…' : `${page.items.length}${page.nextCursor === null ? '' : '+'}`;
}

export function OverviewPage() {
  const { t } = useTranslation();
  const alerts = useQuery(queries.alerts({ state: 'open', limit: 200 }));
  const cases = useQuery(queries.cases({ status: 'active', limit: 200 }));
  const devices = useQuery(queries.devices({ limit: 200 }));
  const gateways = useQuery(queries.gateways());
  const connected = (items: { connected: boolean }[] | undefined) =>
    items?.filter((item) => item.connected).length ?? 0;
  return (
    <>
      <PageTitle title={t('nav.overview')} />
      <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
        <Figure
          to="/alerts"
          label={t('overview.openAlerts')}
          value={countText(alerts.data)}
          color={alerts.data?.items.length ? 'red' : 'green'}
        />
        <Figure
          to="/cases"
          label={t('overview.openCases')}
          value={countText(cases.data)}
          color={cases.data?.items.length ? 'orange' : 'green'}
        />
        <Figure
          to="/devices"
          label={t('overview.devices')}
          value={`${connected(devices.data?.items)} / ${countText(devices.data)}`}
        />
        <Figure
          to="/gateways"
          label={t('overview.gateways')}
          value={`${connected(gateways.data?.items)} / ${countText(gateways.data)}`}
        />
      </SimpleGrid>
      <Grid>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack>
            <Panel title={t('overview.openAlerts')}>
              <Loaded query={alerts}>
                {(page) =>
                  page.items.length === 0 ? (
                    <Empty title={t('overview.noAlerts')} />
                  ) : (
                    <AlertTable alerts={page.items.slice(0, shownRows)} compact />
                  )
                }
              </Loaded>
            </Panel>
            <Panel title={t('overview.openCases')}>
              <Loaded query={cases}>
                {(page) =>
                  page.items.length === 0 ? (
                    <Empty title={t('overview.noCases')} />
                  ) : (
                    <CaseTable cases={page.items.slice(0, shownRows)} compact />
                  )
                }
              </Loaded>
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Panel title={t('overview.activity')}>
            <ActivityFeed />
          </Panel>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Figure(props: { to: string; label: ReactNode; value: string; color?: string }) {
  return (
    <Paper withBorder p="md" component={Link} to={props.to} className="plain-link">
      <Text size="sm" c="dimmed">
        {props.label}
      </Text>
      <Group gap="xs">
        <Text fz={30} fw={650} lh={1.2} className="number" {...(props.color ? { c: props.color } : {})}>
          {props.value}
        </Text>
      </Group>
    </Paper>
  );
}
