import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';
import { useChange } from './queries.ts';
import type { Gateway, Page } from './types.ts';

export interface ConfigurationMistake {
  line: number;
  column: number;
  key: string;
  message: string;
}

export interface ConfigurationVersionSummary {
  number: number;
  state: 'pending' | 'applied' | 'confirmed' | 'reverted' | 'refused' | 'superseded';
  reason: string | null;
  mistakes: ConfigurationMistake[];
  changes: string[];
  confirmedBy: 'health' | 'person';
  confirmWithinSeconds: number;
  createdBy: string;
  createdAt: string;
  stateAt: string;
}

export interface ConfigurationVersion extends ConfigurationVersionSummary {
  text: string;
}

export interface GatewayConfiguration {
  id: string;
  /** The number that the next one will have. */
  version: number;
  wanted: ConfigurationVersion | null;
  running: { number: number | null; source: string; text: string | null; at: string } | null;
}

export interface ConfigurationCheck {
  id: string;
  state: 'waiting' | 'answered';
  mistakes: ConfigurationMistake[];
  changes: string[];
}

const pathOf = (gatewayId: string) => `/v1/gateways/${encodeURIComponent(gatewayId)}`;
const checkAgainMilliseconds = 1000;

export const configurationQueries = {
  gateway: (id: string) =>
    queryOptions({
      queryKey: ['gateways', id],
      queryFn: () => call<Gateway>('GET', pathOf(id)),
    }),
  state: (id: string) =>
    queryOptions({
      queryKey: ['gateways', id, 'configuration'],
      queryFn: () => call<GatewayConfiguration>('GET', `${pathOf(id)}/configuration`),
    }),
  versions: (id: string) =>
    queryOptions({
      queryKey: ['gateways', id, 'configuration', 'versions'],
      queryFn: () =>
        call<Page<ConfigurationVersionSummary>>('GET', `${pathOf(id)}/configuration/versions?limit=20`),
    }),
  check: (id: string, checkId: string) =>
    queryOptions({
      queryKey: ['gateways', id, 'configuration', 'checks', checkId],
      queryFn: () => call<ConfigurationCheck>('GET', `${pathOf(id)}/configuration/checks/${checkId}`),
      enabled: checkId !== '',
      refetchInterval: ({ state }) => (state.data?.state === 'answered' ? false : checkAgainMilliseconds),
    }),
};

export const versionText = (id: string, number: number) =>
  call<ConfigurationVersion>('GET', `${pathOf(id)}/configuration/versions/${number}`);

export const useCheckConfiguration = (id: string) =>
  useChange((text: string) =>
    call<ConfigurationCheck>('POST', `${pathOf(id)}/configuration/checks`, { text }),
  );

export const usePushConfiguration = (id: string) =>
  useChange((input: { text: string; confirmedBy: 'health' | 'person'; version: number }) =>
    call<GatewayConfiguration>(
      'PUT',
      `${pathOf(id)}/configuration`,
      { text: input.text, confirmedBy: input.confirmedBy },
      { 'if-match': `"${input.version}"` },
    ),
  );

export const useConfirmConfiguration = (id: string) =>
  useChange((number: number) =>
    call<GatewayConfiguration>('POST', `${pathOf(id)}/configuration/confirm`, { number }),
  );
