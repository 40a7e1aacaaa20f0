import { queryOptions } from '@tanstack/react-query';
import { call } from './client.ts';

export type DefinitionState = 'none' | 'waiting' | 'taken' | 'running' | 'refused';

/** What is wanted of a device's signals, rules and commands, and what its gateway runs, as text. */
export interface DefinitionOnTrial {
  state: DefinitionState;
  wanted: string | null;
  running: string | null;
  runningSince: string | null;
  refusedAt: string | null;
  refusedReason: string | null;
}

export interface DevicesBehind {
  total: number;
  items: {
    deviceId: string;
    name: string;
    state: DefinitionState;
    sentAt: string | null;
    reason: string | null;
  }[];
}

const againMilliseconds = 5000;

export const definitionQueries = {
  ofDevice: (deviceId: string) =>
    queryOptions({
      queryKey: ['devices', deviceId, 'definition'],
      queryFn: () => call<DefinitionOnTrial>('GET', `/v1/devices/${encodeURIComponent(deviceId)}/definition`),
      refetchInterval: againMilliseconds,
    }),
  behind: (gatewayId: string) =>
    queryOptions({
      queryKey: ['gateways', gatewayId, 'devices-behind'],
      queryFn: () =>
        call<DevicesBehind>('GET', `/v1/gateways/${encodeURIComponent(gatewayId)}/devices-behind`),
      refetchInterval: againMilliseconds,
    }),
};
