import type { Database } from '../platform/index.ts';
import type { EscalationPolicyInput } from './escalation-policy.ts';
import { senseless } from './senseless.ts';

/** Which of these incident types there are. Whoever keeps them brings it; until then, each is taken to be one. */
export type KnownIncidentTypes = (database: Database, ids: readonly string[]) => Promise<ReadonlySet<string>>;

type Policy = EscalationPolicyInput | null | undefined;

/** The incident types that a policy names, with the field that names each. */
function incidentTypesOf(policy: Policy): { readonly id: string; readonly field: string }[] {
  const named = [
    { id: policy?.workOrder?.incidentTypeId, field: 'workOrder.incidentTypeId' },
    ...(policy?.rules ?? []).map(({ incidentTypeId }, index) => ({
      id: incidentTypeId,
      field: `rules.${index}.incidentTypeId`,
    })),
  ];
  return named.flatMap(({ id, field }) =>
    id === undefined ? [] : [{ id, field: `escalationPolicy.${field}` }],
  );
}

/**
 * A type that the policy named before may be gone by now, which is no reason to refuse an edit of something else.
 * @throws AndonError `devices.category-makes-no-sense` (422) with the field that names one which there is not.
 */
export async function refuseUnknownIncidentTypes(
  database: Database,
  known: KnownIncidentTypes,
  policy: Policy,
  former: Policy,
): Promise<void> {
  const before = new Set(incidentTypesOf(former).map(({ id }) => id));
  const named = incidentTypesOf(policy).filter(({ id }) => !before.has(id));
  if (named.length === 0) {
    return;
  }
  const found = await known(
    database,
    named.map(({ id }) => id),
  );
  const missing = named.find(({ id }) => !found.has(id));
  if (missing !== undefined) {
    throw senseless(missing.field, `There is no incident type ${missing.id}.`);
  }
}
