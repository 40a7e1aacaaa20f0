import type { StormAlert, StormCause } from '../alerts/index.ts';

/** A cause in one word. */
export function keyOf(cause: StormCause): string {
  switch (cause.kind) {
    case 'rule':
      return `rule=${cause.categoryId}/${cause.rule}/${cause.errorCode ?? '-'}`;
    case 'site':
      return `site=${cause.siteId}`;
    case 'gateway':
      return `gateway=${cause.gatewayId}`;
  }
}

/** What an alert may have in common with very many others; the one that reaches furthest first. */
export function causesOf(alert: StormAlert): StormCause[] {
  const { categoryId, rule, errorCode, siteId, gatewayId } = alert;
  return [
    ...(categoryId === null ? [] : [{ kind: 'rule', categoryId, rule, errorCode } as const]),
    ...(siteId === null ? [] : [{ kind: 'site', siteId } as const]),
    { kind: 'gateway', gatewayId },
  ];
}

/** The alerts by each cause that they could have, in the order in which causes are believed. */
export function byCause(
  alerts: readonly StormAlert[],
): { readonly cause: StormCause; readonly key: string; readonly alerts: readonly StormAlert[] }[] {
  const groups = new Map<string, { cause: StormCause; key: string; alerts: StormAlert[] }>();
  for (const alert of alerts) {
    for (const cause of causesOf(alert)) {
      const key = keyOf(cause);
      const group = groups.get(key) ?? { cause, key, alerts: [] };
      group.alerts.push(alert);
      groups.set(key, group);
    }
  }
  const rank = { rule: 0, site: 1, gateway: 2 };
  return [...groups.values()].sort(
    (one, other) => rank[one.cause.kind] - rank[other.cause.kind] || (one.key < other.key ? -1 : 1),
  );
}
