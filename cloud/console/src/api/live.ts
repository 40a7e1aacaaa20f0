import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LiveEvent } from './types.ts';

/** Which lists a committed event makes stale, by the first part of its type. */
const staleBy: Record<string, string[]> = {
  alert: ['alerts', 'cases'],
  incident: ['alerts'],
  'maintenance-window': ['alerts'],
  'alert-notice-rule': ['alerts'],
  command: ['commands', 'cases', 'jobs'],
  job: ['jobs'],
  case: ['cases', 'alerts'],
  'work-order': ['work-orders', 'cases', 'alerts'],
  device: ['devices', 'commands'],
  account: ['accounts', 'devices'],
  contact: ['contacts'],
  asset: ['assets', 'devices'],
  gateway: ['gateways', 'devices'],
  message: ['messages', 'received-messages', 'cases'],
  journey: ['journeys'],
  trigger: ['journeys'],
  escalation: ['alerts', 'cases', 'commands'],
};

const gatherMilliseconds = 150;

export type LiveState = 'connecting' | 'live' | 'away';

/** Follows the cloud's live stream while mounted: whatever an event touches is fetched anew, gathered a little. */
export function useLiveUpdates(): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => {
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      timer = undefined;
      for (const key of stale) {
        void client.invalidateQueries({ queryKey: [key] });
      }
      stale.clear();
    };
    const source = new EventSource('/v1/live');
    source.onopen = () => {
      setState('live');
      // What happened while the stream was away is not replayed to a page that was just opened.
      void client.invalidateQueries();
    };
    // Told when more was missed than can be caught up with.
    source.addEventListener('reset', () => void client.invalidateQueries());
    source.onerror = () => setState('away');
    source.onmessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as LiveEvent;
      for (const key of [...(staleBy[event.type.split('.')[0] ?? ''] ?? []), 'events']) {
        stale.add(key);
      }
      timer ??= setTimeout(refresh, gatherMilliseconds);
    };
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, [client]);
  return state;
}
