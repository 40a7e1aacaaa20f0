import { Box, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { commandQueries } from '../api/commands.ts';
import { registryQueries, type Site, useSaveSite } from '../api/registry.ts';
import { useEdited } from '../components/edited.ts';
import { PlaceFields } from '../components/place-fields.tsx';
import { RecordsPanel } from '../components/records-panel.tsx';
import { SaveRow } from '../components/save-row.tsx';
import { spansText } from '../components/weekly-hours.tsx';
import { HoursPanel } from './customer-hours.tsx';

/** Where a customer's machines stand. */
export function SitesPanel({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const sites = useQuery(registryQueries.sites(accountId));
  return (
    <RecordsPanel
      title={t('registry.sites')}
      add={t('registry.addSite')}
      none={t('registry.noSites')}
      gap="sm"
      records={sites}
      line={(site, editButton) => (
        <Group key={site.id} justify="space-between" align="flex-start" data-testid="site-row">
          <Stack gap={2} flex={1}>
            <Link to="/devices" search={{ siteId: site.id }}>
              <Text size="sm" fw={600}>
                {site.name}
              </Text>
            </Link>
            <Text size="xs" c="dimmed">
              {[site.address, site.timeZone, placeOf(site)].filter((fact) => fact !== null).join(' · ')}
            </Text>
            <SiteHoursText siteId={site.id} />
          </Stack>
          {editButton}
        </Group>
      )}
      form={(site, close) => (
        <>
          <SiteForm accountId={accountId} site={site} onSaved={close} />
          {site !== undefined && (
            <Box mt="md">
              <HoursPanel owner={`/v1/sites/${site.id}`} withoutAny={t('jobs.siteHours')} />
            </Box>
          )}
        </>
      )}
    />
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
