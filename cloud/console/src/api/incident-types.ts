import { call } from './client.ts';
import type { IncidentType, IncidentTypeInput } from './escalation-policy.ts';
import { useChange } from './queries.ts';

const path = '/v1/incident-types';

export const useMakeIncidentType = () =>
  useChange((input: IncidentTypeInput & { id: string }) => call<IncidentType>('POST', path, input));
export const useEditIncidentType = (id: string) =>
  useChange(({ version, input }: { version: number; input: IncidentTypeInput }) =>
    call<IncidentType>('PUT', `${path}/${id}`, input, { 'if-match': `"${version}"` }),
  );
