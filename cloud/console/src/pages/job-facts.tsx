import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, JobInput, Selection } from '../api/jobs.ts';
import { queries } from '../api/queries.ts';
import { registryQueries } from '../api/registry.ts';
import { DetailList } from '../components/detail-list.tsx';
import { TimeAgo } from '../components/time.tsx';
import { spansText } from '../components/weekly-hours.tsx';
import { CommandParameters } from './device-commands.tsx';

/** The devices in words: the names of what they are narrowed to. */
export function useSelectionText(selection: Selection): string {
  const { t } = useTranslation();
  const categories = useQuery(queries.categories());
  const gateways = useQuery(queries.gateways());
  const nameOf = (items: { id: string; name: string }[] | undefined, id: string) =>
    items?.find((one) => one.id === id)?.name ?? id;
  const { categoryId, gatewayId, accountId, siteId, tags, deviceIds } = selection;
  const account = useQuery({ ...queries.account(accountId ?? ''), enabled: accountId !== undefined });
  const site = useQuery(registryQueries.site(siteId));
  return [
    categoryId && `${t('device.category')}: ${nameOf(categories.data?.items, categoryId)}`,
    gatewayId && `${t('devices.gateway')}: ${nameOf(gateways.data?.items, gatewayId)}`,
    accountId && `${t('devices.customer')}: ${account.data?.name ?? accountId}`,
    siteId && `${t('jobs.site')}: ${site.data?.name ?? siteId}`,
    tags && `${t('jobs.tags')}: ${tags.join(', ')}`,
    deviceIds && t('jobs.listed', { count: deviceIds.length }),
  ]
    .filter(Boolean)
    .join(' · ');
}

function historyOf(job: Partial<Job>, t: (key: string) => string): [string, ReactNode][] {
  return job.createdBy === undefined
    ? []
    : [
        [t('jobs.madeBy'), job.createdByName ?? job.createdBy],
        [t('jobs.approvedBy'), job.approvedByName],
        [t('jobs.started'), job.startedAt && <TimeAgo key="started" at={job.startedAt} />],
        [t('jobs.ended'), job.endedAt && <TimeAgo key="ended" at={job.endedAt} />],
      ];
}

/** What a job does, in lines; the same before it is made and after. */
export function JobFacts({ job }: { job: JobInput & Partial<Job> }) {
  const { t, i18n } = useTranslation();
  const devices = useSelectionText(job.selection);
  const { window, stop } = job;
  return (
    <DetailList
      entries={[
        [t('jobs.devices'), devices],
        [t('commands.command'), job.command],
        [
          t('commands.parameters'),
          Object.keys(job.parameters).length === 0 ? null : (
            <CommandParameters key="parameters" command={job} />
          ),
        ],
        [t('jobs.rate'), t('jobs.rateText', { count: job.ratePerMinute })],
        [t('jobs.concurrency'), String(job.concurrencyMax)],
        [
          t('jobs.canary'),
          job.canaryCount > 0 ? t('jobs.canaryText', { count: job.canaryCount }) : t('jobs.none'),
        ],
        [
          t('jobs.stop'),
          stop ? t('jobs.stopText', { percent: stop.failurePercent, count: stop.atLeast }) : t('jobs.never'),
        ],
        [
          t('jobs.window'),
          window
            ? `${spansText(window.weekly, i18n.language)} (${window.zone === 'device' ? t('jobs.deviceZone') : window.timeZone})`
            : t('jobs.anyTime'),
        ],
        ...historyOf(job, t),
      ]}
    />
  );
}
