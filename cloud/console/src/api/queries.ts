import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { call, query } from './client.ts';
import type {
  Account,
  Alert,
  Asset,
  AssetInput,
  Case,
  CaseSummary,
  CategoryEdit,
  Command,
  Contact,
  ContactInput,
  Device,
  DeviceCategory,
  DeviceSummary,
  Gap,
  Gateway,
  Journey,
  LatestValue,
  LiveEvent,
  Message,
  NewCategory,
  Page,
  ReadingSeries,
  ReceivedMessage,
  Registration,
  SessionUser,
} from './types.ts';

/** What a contact point may be sent, for each purpose. */
export interface ConsentDecision {
  channel: 'sms' | 'email';
  purpose: string;
  allowed: boolean;
  reason: string;
}

/** A list that is loaded page by page as a person asks for more. */
const pages = <Item>(key: string, path: string, filter: Record<string, string | undefined>) =>
  infiniteQueryOptions({
    queryKey: [key, 'pages', filter],
    queryFn: ({ pageParam }) => call<Page<Item>>('GET', `${path}${query({ ...filter, cursor: pageParam })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });

/** The last so many milliseconds, or from a time to a time (epoch milliseconds). */
export type TimeRange = { last: number } | { from: number; to: number };

export function timesOf(range: TimeRange): { from: string; to: string } {
  const now = Date.now();
  const [from, to] = 'last' in range ? [now - range.last, now] : [range.from, range.to];
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Where the readings of all signals of a device are as a table; up to now, where the range is. */
export function readingsTable(deviceId: string, range: TimeRange): string {
  const { from, to } = timesOf(range);
  return `/v1/devices/${deviceId}/readings.csv${query('last' in range ? { from } : { from, to })}`;
}

/** The types of events that the overview tells of; there is a text for each. */
const toldEvents = [
  'alert.raised',
  'alert.escalated',
  'alert.deescalated',
  'alert.cleared',
  'alert.acknowledged',
  'command.state-changed',
  'device.rebooted',
  'device.connection-changed',
  'gateway.connection-changed',
  'case.created',
  'case.status-changed',
  'escalation.remedied',
  'escalation.unremedied',
  'message.state-changed',
];

/** One place that knows the paths: each entry is a query that pages share by its key. */
export const queries = {
  session: () =>
    queryOptions({
      queryKey: ['session'],
      queryFn: () => call<{ user: SessionUser }>('GET', '/v1/session'),
      retry: false,
    }),
  alerts: (filter: { state?: 'open' | 'cleared'; deviceId?: string; limit?: number; cursor?: string }) =>
    queryOptions({
      queryKey: ['alerts', filter],
      placeholderData: keepPreviousData,
      queryFn: () => call<Page<Alert>>('GET', `/v1/alerts${query(filter)}`),
    }),
  cases: (filter: { status?: string; q?: string; limit?: number; cursor?: string }) =>
    queryOptions({
      queryKey: ['cases', filter],
      placeholderData: keepPreviousData,
      queryFn: () => call<Page<CaseSummary>>('GET', `/v1/cases${query(filter)}`),
    }),
  alertPages: (filter: { state?: string }) => pages<Alert>('alerts', '/v1/alerts', filter),
  casePages: (filter: { status?: string }) => pages<CaseSummary>('cases', '/v1/cases', filter),
  devicePages: (filter: { q?: string; tags?: string; registrationStatus?: string; siteId?: string }) =>
    pages<DeviceSummary>('devices', '/v1/devices', filter),
  messagePages: () => pages<Message>('messages', '/v1/messages', {}),
  case: (id: string) =>
    queryOptions({ queryKey: ['cases', id], queryFn: () => call<Case>('GET', `/v1/cases/${id}`) }),
  devices: (filter: { q?: string; limit?: number; cursor?: string; connected?: boolean }) =>
    queryOptions({
      queryKey: ['devices', filter],
      placeholderData: keepPreviousData,
      queryFn: () => call<Page<DeviceSummary>>('GET', `/v1/devices${query(filter)}`),
    }),
  device: (id: string) =>
    queryOptions({ queryKey: ['devices', id], queryFn: () => call<Device>('GET', `/v1/devices/${id}`) }),
  latestValues: (id: string) =>
    queryOptions({
      queryKey: ['latest-values', id],
      queryFn: () => call<{ items: LatestValue[] }>('GET', `/v1/devices/${id}/signals`),
      refetchInterval: 1000,
    }),
  readings: (id: string, signal: string, range: TimeRange) =>
    queryOptions({
      queryKey: ['readings', id, signal, range],
      queryFn: () =>
        call<ReadingSeries>(
          'GET',
          `/v1/devices/${id}/readings${query({ signal, ...timesOf(range), buckets: 300 })}`,
        ),
      refetchInterval: 'last' in range && range.last <= 3_600_000 ? 1000 : 15_000,
    }),
  gaps: (id: string, range: TimeRange) =>
    queryOptions({
      queryKey: ['gaps', id, range],
      queryFn: () =>
        call<Page<Gap>>('GET', `/v1/devices/${id}/gaps${query({ ...timesOf(range), limit: 100 })}`),
      refetchInterval: 15_000,
    }),
  commands: (deviceId: string) =>
    queryOptions({
      queryKey: ['commands', deviceId],
      queryFn: () => call<Page<Command>>('GET', `/v1/devices/${deviceId}/commands${query({ limit: 10 })}`),
    }),
  messages: (filter: { caseId?: string; limit?: number; cursor?: string }) =>
    queryOptions({
      queryKey: ['messages', filter],
      placeholderData: keepPreviousData,
      queryFn: () => call<Page<Message>>('GET', `/v1/messages${query(filter)}`),
    }),
  receivedMessages: () =>
    queryOptions({
      queryKey: ['received-messages'],
      queryFn: () => call<Page<ReceivedMessage>>('GET', '/v1/received-messages'),
      refetchInterval: 5000,
    }),
  gateways: () =>
    queryOptions({
      queryKey: ['gateways'],
      queryFn: () => call<Page<Gateway>>('GET', '/v1/gateways?limit=200'),
    }),
  accounts: () =>
    queryOptions({
      queryKey: ['accounts'],
      queryFn: () => call<Page<Account>>('GET', '/v1/accounts?limit=200'),
    }),
  accountPages: (filter: { q?: string }) => pages<Account>('accounts', '/v1/accounts', filter),
  account: (id: string) =>
    queryOptions({ queryKey: ['accounts', id], queryFn: () => call<Account>('GET', `/v1/accounts/${id}`) }),
  contacts: (accountId: string) =>
    queryOptions({
      queryKey: ['contacts', accountId],
      queryFn: () => call<Page<Contact>>('GET', `/v1/contacts${query({ accountId, limit: 200 })}`),
    }),
  assets: (accountId: string) =>
    queryOptions({
      queryKey: ['assets', accountId],
      queryFn: () => call<Page<Asset>>('GET', `/v1/assets${query({ accountId, limit: 200 })}`),
    }),
  devicesOf: (accountId: string) =>
    queryOptions({
      queryKey: ['devices', 'of', accountId],
      queryFn: () => call<Page<DeviceSummary>>('GET', `/v1/devices${query({ accountId, limit: 200 })}`),
    }),
  consents: (contactPoint: string) =>
    queryOptions({
      queryKey: ['consents', contactPoint],
      queryFn: () => call<{ decisions: ConsentDecision[] }>('GET', `/v1/consents${query({ contactPoint })}`),
    }),
  category: (id: string) =>
    queryOptions({
      queryKey: ['categories', id],
      queryFn: () => call<DeviceCategory>('GET', `/v1/device-categories/${id}`),
    }),
  categories: () =>
    queryOptions({
      queryKey: ['categories'],
      queryFn: () => call<Page<DeviceCategory>>('GET', '/v1/device-categories?limit=200'),
    }),
  journeys: () =>
    queryOptions({ queryKey: ['journeys'], queryFn: () => call<Page<Journey>>('GET', '/v1/journeys') }),
  events: () =>
    queryOptions({
      queryKey: ['events'],
      queryFn: () =>
        call<Page<LiveEvent>>('GET', `/v1/events${query({ limit: 100, types: toldEvents.join(',') })}`),
    }),
};

export interface NewConnection {
  accountId: string | null;
  accountName: string;
  assetName: string;
  deviceId: string;
  categoryId: string;
  gatewayId: string;
  /** Who is told; null where nobody is named now. */
  contact: NewContact | null;
}

export interface NewContact {
  fullName: string;
  phone: string | null;
  email: string | null;
  language: string;
  /** They agreed to be told about their machines. */
  agreed: boolean;
}

/** A contact of the account, with what they said to being told, on each of their addresses. */
async function makeContact(accountId: string, input: NewContact): Promise<void> {
  const { agreed, ...contact } = input;
  const made = await call<Contact>('POST', '/v1/contacts', { ...contact, accountId, primary: true });
  const points = [
    { channel: 'sms', contactPoint: made.phone },
    { channel: 'email', contactPoint: made.email },
  ];
  for (const { channel, contactPoint } of points) {
    if (contactPoint !== null) {
      const state = agreed ? 'opted-in' : 'opted-out';
      await call('PUT', '/v1/consents', { channel, contactPoint, purpose: 'transactional', state });
    }
  }
}

/** What an earlier try made already: a second one, with what was refused corrected, does not make it again. */
export interface ConnectionProgress {
  account?: { name: string; id: string };
  contact?: string;
  asset?: { key: string; id: string };
}

/** Creates what is missing (account, contact, asset) and registers the asset as a device. */
async function connectDevice(input: NewConnection & { progress: ConnectionProgress }): Promise<Registration> {
  const { progress } = input;
  if (input.accountId === null && progress.account?.name !== input.accountName) {
    const { id } = await call<Account>('POST', '/v1/accounts', { name: input.accountName });
    progress.account = { name: input.accountName, id };
  }
  const accountId = input.accountId ?? progress.account?.id ?? '';
  const contactKey = JSON.stringify([accountId, input.contact]);
  if (input.contact !== null && progress.contact !== contactKey) {
    await makeContact(accountId, input.contact);
    progress.contact = contactKey;
  }
  const wanted = { accountId, name: input.assetName, categoryId: input.categoryId };
  const assetKey = JSON.stringify(wanted);
  if (progress.asset?.key !== assetKey) {
    progress.asset = { key: assetKey, id: (await call<Asset>('POST', '/v1/assets', wanted)).id };
  }
  return call<Registration>('POST', `/v1/assets/${progress.asset.id}/register`, {
    deviceId: input.deviceId,
    name: input.assetName,
    categoryId: input.categoryId,
    gatewayId: input.gatewayId,
  });
}

/** A change at the server, after which everything shown is fetched anew. */
export function useChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries() });
}

export const useAcknowledge = () =>
  useChange((alertId: string) => call<unknown>('POST', `/v1/alerts/${alertId}/acknowledge`, {}));
export const useResolveCase = (id: string) =>
  useChange((input: { resolution: string; version: number }) =>
    call<Case>(
      'POST',
      `/v1/cases/${id}/resolve`,
      { resolution: input.resolution },
      { 'if-match': `"${input.version}"` },
    ),
  );
export const useAddNote = (id: string) =>
  useChange((text: string) => call<unknown>('POST', `/v1/cases/${id}/notes`, { text }));
/** A record that is made (without an id), or edited in the version that is on the screen. */
interface Saving<Input> {
  id: string | undefined;
  version: number | undefined;
  input: Input;
}

export const save =
  <Input, Output>(path: string) =>
  ({ id, version, input }: Saving<Input>) =>
    id === undefined
      ? call<Output>('POST', path, input)
      : call<Output>('PUT', `${path}/${id}`, input, { 'if-match': `"${version}"` });

export const useSaveAccount = () =>
  useChange(save<{ name: string; parentId: string | null }, Account>('/v1/accounts'));
export const useSaveContact = () => useChange(save<ContactInput, Contact>('/v1/contacts'));
export const useSaveAsset = () => useChange(save<AssetInput, Asset>('/v1/assets'));
export const useEditCategory = () =>
  useChange(({ id, version, input }: { id: string; version: number; input: CategoryEdit }) =>
    call<DeviceCategory>('PUT', `/v1/device-categories/${id}`, input, { 'if-match': `"${version}"` }),
  );
export const useCreateCategory = () =>
  useChange((input: NewCategory) => call<DeviceCategory>('POST', '/v1/device-categories', input));
export const useConnectDevice = () => useChange(connectDevice);
export type { Contact };
