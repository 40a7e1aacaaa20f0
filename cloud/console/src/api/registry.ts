import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call, query, upload } from './client.ts';
import { useChange } from './queries.ts';
import type { Device, Gateway, Page } from './types.ts';

export interface MapPoint {
  latitude: number;
  longitude: number;
  places: number;
  devices: number;
  connected: number;
  openAlerts: number;
  worstSeverity: string | null;
  siteId: string | null;
  siteName: string | null;
  deviceId: string | null;
  deviceName: string | null;
  accountName: string | null;
}

export interface MapView {
  points: MapPoint[];
  more: boolean;
  withoutPlace: number;
}

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

export interface RegistrationStep {
  id: number;
  action: 'register' | 'unregister' | 'activate' | 'deactivate';
  result: 'in-progress' | 'succeeded' | 'failed';
  actor: string;
  actorName: string | null;
  detail: string;
  at: string;
}

/** Input that was refused: how often on that day, and when last. */
export interface Rejection {
  id: number;
  deviceId: string | null;
  source: string;
  reason: string;
  day: string;
  count: number;
  lastAt: string;
}

export interface RegistrationJob {
  id: string;
  state: 'running' | 'finished' | 'cancelled';
  total: number;
  succeeded: number;
  failed: number;
  createdAt: string;
  finishedAt: string | null;
}

export interface JobRow {
  number: number;
  line: number | null;
  state: 'waiting' | 'succeeded' | 'failed' | 'cancelled';
  deviceId: string | null;
  field: string | null;
  message: string | null;
}

export interface Claim {
  deviceId: string;
  name: string | null;
  categoryId: string;
  state: 'open' | 'expired' | 'claimed';
  expiresAt: string;
}

export interface IssuedClaim {
  deviceId: string;
  code: string;
  expiresAt: string;
  mqtt?: { username: string; password: string };
}

export interface Discovery {
  gatewayId: string;
  deviceId: string;
  categoryId: string;
  reason: string | null;
  lastAt: string;
}

export interface GatewayRecord extends Gateway {
  accountId: string | null;
  siteId: string | null;
  justInTimeDevicesMax: number;
  keyIssuedAt: string | null;
  keyUsedAt: string | null;
  formerKeyUntil: string | null;
  keyRevokedAt: string | null;
  enrolmentCodeExpiresAt: string | null;
  certificateSha256: string | null;
  nextCertificateSha256: string | null;
  version: number;
}

export interface PendingMessage {
  number: number;
  type: string;
  deviceId: string | null;
  createdAt: string;
}

export interface Site {
  id: string;
  accountId: string;
  name: string;
  address: string | null;
  latitude: number | null;
  longitude: number | null;
  timeZone: string | null;
  version: number;
}

export interface DeviceEdit {
  name: string;
  categoryId: string;
  tags: string[];
  timeZone: string | null;
  latitude: number | null;
  longitude: number | null;
  simulated: boolean;
}

const workMilliseconds = 1000;
const mapMilliseconds = 15_000;
const rejectionsMilliseconds = 15_000;

export const registryQueries = {
  map: (bounds: Bounds, grainDegrees: number) =>
    queryOptions({
      queryKey: ['map', bounds, grainDegrees],
      queryFn: () => call<MapView>('GET', `/v1/map${query({ ...bounds, grainDegrees })}`),
      placeholderData: keepPreviousData,
      refetchInterval: mapMilliseconds,
    }),
  registration: (deviceId: string) =>
    queryOptions({
      queryKey: ['devices', deviceId, 'registration'],
      queryFn: () =>
        call<Page<RegistrationStep>>('GET', `/v1/devices/${deviceId}/registration-history?limit=200`),
    }),
  jobs: () =>
    queryOptions({
      queryKey: ['registration-jobs'],
      queryFn: () => call<Page<RegistrationJob>>('GET', '/v1/device-registration-jobs?limit=10'),
      refetchInterval: (jobs) =>
        jobs.state.data?.items.some(({ state }) => state === 'running') ? workMilliseconds : false,
    }),
  /** Fetched anew whenever the job has come further. */
  jobRows: ({ id, succeeded, failed }: RegistrationJob, state: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ['registration-jobs', id, state, succeeded + failed],
      placeholderData: keepPreviousData,
      queryFn: ({ pageParam }) =>
        call<Page<JobRow>>(
          'GET',
          `/v1/device-registration-jobs/${id}/rows${query({ state, cursor: pageParam })}`,
        ),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (last) => last.nextCursor ?? undefined,
    }),
  claims: () =>
    queryOptions({
      queryKey: ['device-claims'],
      queryFn: () => call<Page<Claim>>('GET', '/v1/device-claims?limit=200'),
    }),
  discoveries: (gatewayId: string) =>
    queryOptions({
      queryKey: ['gateways', gatewayId, 'discoveries'],
      queryFn: () =>
        call<Page<Discovery>>('GET', `/v1/device-discoveries${query({ gatewayId, outcome: 'refused' })}`),
    }),
  pending: (gatewayId: string) =>
    queryOptions({
      queryKey: ['gateways', gatewayId, 'pending'],
      queryFn: () => call<Page<PendingMessage>>('GET', `/v1/gateways/${gatewayId}/pending?limit=50`),
      refetchInterval: 5000,
    }),
  rejections: (gatewayId: string, deviceId?: string) =>
    queryOptions({
      queryKey: ['gateways', gatewayId, 'rejections', deviceId],
      queryFn: () =>
        call<Page<Rejection>>(
          'GET',
          `/v1/gateways/${gatewayId}/rejections${query({ deviceId, limit: 200 })}`,
        ),
      refetchInterval: rejectionsMilliseconds,
    }),
  gateway: (id: string) =>
    queryOptions({
      queryKey: ['gateways', id, 'record'],
      queryFn: () => call<GatewayRecord>('GET', `/v1/gateways/${id}`),
    }),
  sites: (accountId: string) =>
    queryOptions({
      queryKey: ['sites', accountId],
      queryFn: () => call<Page<Site>>('GET', `/v1/sites${query({ accountId, limit: 200 })}`),
      enabled: accountId !== '',
    }),
  site: (id: string | undefined) =>
    queryOptions({
      queryKey: ['sites', 'one', id],
      queryFn: () => call<Site>('GET', `/v1/sites/${id}`),
      enabled: id !== undefined,
    }),
};

const ifMatch = (version: number) => ({ 'if-match': `"${version}"` });

export const useEditDevice = (id: string) =>
  useChange(({ version, edit }: { version: number; edit: DeviceEdit }) =>
    call<Device>('PUT', `/v1/devices/${id}`, edit, ifMatch(version)),
  );
export const useSetDesired = (id: string) =>
  useChange(({ version, properties }: { version: number; properties: unknown }) =>
    call<Device>('PUT', `/v1/devices/${id}/properties/desired`, { properties }, ifMatch(version)),
  );
export const useRegistrationStep = (id: string) =>
  useChange((step: 'activate' | 'deactivate' | 'unregister') =>
    call<Device>('POST', `/v1/devices/${id}/${step}`),
  );
export const useStartJob = () =>
  useChange((table: string) =>
    upload<RegistrationJob>(
      '/v1/device-registration-jobs',
      new File([table], 'devices.csv', { type: 'text/csv' }),
    ),
  );
export const useCancelJob = () =>
  useChange((id: string) => call<RegistrationJob>('POST', `/v1/device-registration-jobs/${id}/cancel`));
export const useIssueClaims = () =>
  useChange((input: { deviceIds: string[]; categoryId: string }) =>
    call<{ items: IssuedClaim[] }>('POST', '/v1/device-claims', {
      devices: input.deviceIds.map((deviceId) => ({ deviceId, categoryId: input.categoryId })),
    }),
  );
export const useRenewClaim = () =>
  useChange((deviceId: string) => call<IssuedClaim>('POST', `/v1/device-claims/${deviceId}/code`, {}));
export const useWithdrawClaim = () =>
  useChange((deviceId: string) => call<void>('DELETE', `/v1/device-claims/${deviceId}`));
export const useClaim = () =>
  useChange((input: { code: string; assetId: string; gatewayId: string }) =>
    call<{ device: Device }>('POST', '/v1/device-claims/claim', input),
  );
export const useAddGateway = () =>
  useChange((input: { id: string; name: string }) =>
    call<{ id: string; enrolment: { code: string; expiresAt: string } }>('POST', '/v1/gateways', {
      ...input,
      credential: 'code',
    }),
  );
export const useEditGateway = (id: string) =>
  useChange(
    ({
      version,
      edit,
    }: {
      version: number;
      edit: {
        name: string;
        accountId: string | null;
        siteId: string | null;
        justInTimeDevicesMax: number;
      };
    }) => call<GatewayRecord>('PUT', `/v1/gateways/${id}`, edit, ifMatch(version)),
  );
export const useEnrolmentCode = (id: string) =>
  useChange(() => call<{ code: string; expiresAt: string }>('POST', `/v1/gateways/${id}/enrolment-code`, {}));
export const useRevokeKey = (id: string) => useChange(() => call<void>('DELETE', `/v1/gateways/${id}/key`));
export const useBindCertificate = (id: string) =>
  useChange((binding: { certificateSha256: string; nextCertificateSha256: string | null }) =>
    call<GatewayRecord>('PUT', `/v1/gateways/${id}/certificate`, binding),
  );
export const useUnbindCertificate = (id: string) =>
  useChange(() => call<GatewayRecord>('DELETE', `/v1/gateways/${id}/certificate`));
export const useSaveSite = () =>
  useChange(({ site, input }: { site: Site | undefined; input: Omit<Site, 'id' | 'version'> }) =>
    site === undefined
      ? call<Site>('POST', '/v1/sites', input)
      : call<Site>('PUT', `/v1/sites/${site.id}`, input, ifMatch(site.version)),
  );
export const useNewCredentials = (deviceId: string) =>
  useChange(() =>
    call<{ username: string; password: string }>('POST', `/v1/devices/${deviceId}/credentials`),
  );
