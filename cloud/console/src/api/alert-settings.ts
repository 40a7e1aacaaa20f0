import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import { useChange } from './queries.ts';

export interface AlertSettings {
  gatewayGraceSeconds: number;
  gatewayRecoverySeconds: number;
  gatewaySeverity: string;
  stormEnabled: boolean;
  stormDevices: number;
  stormWindowSeconds: number;
  stormQuietSeconds: number;
  version: number;
}

export interface CategoryGrouping {
  categoryId: string;
  fields: string[];
  windowSeconds: number;
  version: number;
}

export const settingsQueries = {
  settings: () =>
    queryOptions({
      queryKey: ['alerts', 'settings'],
      queryFn: () => call<AlertSettings>('GET', '/v1/alerts/settings'),
    }),
  grouping: (categoryId: string) =>
    queryOptions({
      queryKey: ['alerts', 'groupings', categoryId],
      queryFn: () => call<CategoryGrouping>('GET', `/v1/alerts/groupings/${categoryId}`),
    }),
};

export const useSaveAlertSettings = () =>
  useChange(({ version, input }: { version: number; input: Omit<AlertSettings, 'version'> }) =>
    call<AlertSettings>('PUT', '/v1/alerts/settings', input, { 'if-match': `"${version}"` }),
  );
export const useSaveGrouping = (categoryId: string) =>
  useChange((input: { fields: string[]; windowSeconds: number }) =>
    call<CategoryGrouping>('PUT', `/v1/alerts/groupings/${categoryId}`, input),
  );
