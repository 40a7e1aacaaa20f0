import { Box, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { commandQueries } from '../api/commands.ts';
import { registryQueries, type Site, useSaveSite } from '../api/registry.ts';
import { Allowed } from '../components/allowed.tsx';
import { useEdited } from '../components/edited.ts';
import { Panel } from '../components/panel.tsx';
import { PlaceFields } from '../components/place-fields.tsx';
import { SaveRow } from '../components/save-row.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { spansText } from '../components/weekly-hours.tsx';
import { HoursPanel } from './customer-hours.tsx';

/** Where a customer's machines stand. */
export function SitesPanel({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const sites = useQuery(registryQueries.sites(accountId));
  const [edited, setEdited] = useState<Site | 'new' | null>(null);
  return (
    <Panel
      title={t('registry.sites')}
      side={
        <Allowed to="accounts:write">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => setEdited('new')}
          >
            {t('registry.addSite')}
          </Button>
        </Allowed>
      }
    >
      <Loaded query={sites}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('registry.noSites')} />
          ) : (
            <Stack gap="sm">
              {items.map((site) => (
                <Group key={site.id} justify="space-between" align="flex-start" data-testid="site-row">
                  <Stack gap={2} flex={1}>
                    <Link to="/devices" search={{ siteId: site.id }}>
                      <Text size="sm" fw={600}>
                        {site.name}
                      </Text>
                    </Link>
                    <Text size="xs" c="dimmed">
                      {[site.address, site.timeZone, placeOf(site)]
                        .filter((fact) => fact !== null)
                        .join(' · ')}
                    </Text>
                    <SiteHoursText siteId={site.id} />
                  </Stack>
                  <Allowed to="accounts:write">
                    <Button size="compact-xs" variant="default" onClick={() => setEdited(site)}>
                      {t('customers.edit')}
                    </Button>
                  </Allowed>
                </Group>
              ))}
            </Stack>
          )
        }
      </Loaded>
      <Modal
        opened={edited !== null}
        onClose={() => setEdited(null)}
        title={edited === 'new' ? t('registry.addSite') : t('customers.edit')}
        centered
      >
        {edited !== null && (
          <SiteForm
            accountId={accountId}
            site={edited === 'new' ? undefined : edited}
            onSaved={() => setEdited(null)}
          />
        )}
        {edited !== null && edited !== 'new' && (
          <Box mt="md">
            <HoursPanel owner={`/v1/sites/${edited.id}`} withoutAny={t('jobs.siteHours')} />
          </Box>
        )}
      </Modal>
    </Panel>
  );
}

const placeOf = ({ latitude, longitude }: Site): string | null =>
  latitude === null || longitude === null ? null : `${latitude}, ${longitude}`;

function SiteForm(props: { accountId: string; site: Site | undefined; onSaved: () => void }) {
  const { t } = useTranslation();
  const { site } = props;
  const save = useSaveSite();
  const toInput = (kept: Site | undefined): Omit<Site, 'id' | 'version'> => ({
    accountId: props.accountId,
    name: kept?.name ?? '',
    address: kept?.address ?? null,
    latitude: kept?.latitude ?? null,
    longitude: kept?.longitude ?? null,
    timeZone: kept?.timeZone ?? null,
  });
  const edited = useEdited(site, toInput, `/v1/sites/${site?.id}`);
  const { input, set } = edited;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ site: edited.base, input }, { onSuccess: props.onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('registry.siteName')}
          required
          maxLength={200}
          data-autofocus
          value={input.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <TextInput
          label={t('registry.address')}
          maxLength={500}
          value={input.address ?? ''}
          onChange={(event) => set({ address: event.currentTarget.value || null })}
        />
        <PlaceFields place={input} change={set} />
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}

/** The hours of a site, in the list. */
function SiteHoursText({ siteId }: { siteId: string }) {
  const { i18n } = useTranslation();
  const hours = useQuery(commandQueries.hours(`/v1/sites/${siteId}`));
  return hours.data === undefined || hours.data.weekly.length === 0 ? null : (
    <Text size="xs" c="dimmed">
      {spansText(hours.data.weekly, i18n.language)} ({hours.data.timeZone})
    </Text>
  );
}
