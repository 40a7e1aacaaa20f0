import type { Accounts } from '../accounts/index.ts';
import type { Hold, HoldSource, HoldSubject } from '../alerts/index.ts';
import { type Occurrence, occurrenceAt } from './schedule.ts';
import type { ScopeKind } from './schemas.ts';
import { findCandidates, scheduleOf } from './store.ts';

interface Place {
  readonly kind: ScopeKind;
  readonly id: string;
}

/** Holds the alerts of places where somebody works at present; of several windows the one that ends last. */
export function createHoldSource(accounts: Pick<Accounts, 'findLines'>): HoldSource {
  return async (transaction, subjects, now) => {
    const accountIds = subjects.map(({ accountId }) => accountId).filter((id) => id !== null);
    const lines = await accounts.findLines(transaction, [...new Set(accountIds)]);
    const placesOf = (subject: HoldSubject): Place[] => placesWithLine(subject, lines);
    const places = new Map(subjects.flatMap(placesOf).map((place) => [wordOf(place), place]));
    const inForce = new Map<string, { id: string; occurrence: Occurrence }>();
    for (const row of await findCandidates(transaction, [...places.values()], now)) {
      const occurrence = occurrenceAt(scheduleOf(row), now.getTime());
      const word = wordOf({ kind: row.scope_kind, id: row.scope_id });
      if (occurrence !== undefined && occurrence.end > (inForce.get(word)?.occurrence.end ?? 0)) {
        inForce.set(word, { id: row.id, occurrence });
      }
    }
    const holds = new Map<string, Hold>();
    for (const subject of subjects) {
      const windows = placesOf(subject)
        .map((place) => inForce.get(wordOf(place)))
        .filter((window) => window !== undefined)
        .sort((one, other) => other.occurrence.end - one.occurrence.end);
      const [last] = windows;
      if (last !== undefined) {
        holds.set(subject.id, { kind: 'maintenance', id: last.id, until: new Date(last.occurrence.end) });
      }
    }
    return holds;
  };
}

const wordOf = ({ kind, id }: Place): string => `${kind}/${id}`;

/** `lines`: each account with those above it. */
function placesWithLine(subject: HoldSubject, lines: ReadonlyMap<string, readonly string[]>): Place[] {
  const { accountId, siteId, assetId, deviceId, gatewayId, categoryId } = subject;
  const one = (kind: ScopeKind, id: string | null): Place[] => (id === null ? [] : [{ kind, id }]);
  return [
    ...(accountId === null ? [] : (lines.get(accountId) ?? [accountId])).flatMap((id) => one('account', id)),
    ...one('site', siteId),
    ...one('asset', assetId),
    ...one('device', deviceId),
    ...one('gateway', gatewayId),
    ...one('category', categoryId),
  ];
}
