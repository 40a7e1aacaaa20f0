import type { Severity } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import type { Transaction } from '../platform/index.ts';
import { severityRank } from './occurrence.ts';

/**
 * Why nobody is told of an alert for now. `shelved`: a person wants quiet. `maintenance`: somebody works there.
 * `gateway-down`: its gateway was away, and that is an alert of its own. `incident`: it is one of very many with one
 * cause. `group`: the primary alert of its group, of another device, was told.
 */
export const HoldKind = Type.Enum(['shelved', 'maintenance', 'gateway-down', 'incident', 'group']);
export type HoldKind = Static<typeof HoldKind>;

export interface Hold {
  readonly kind: HoldKind;
  /** The shelf, window, gateway's alert, incident or primary alert. */
  readonly id: string;
  /** When it ends by itself; null: when what holds it says so. */
  readonly until: Date | null;
}

/** What holds an alert says so when it ends; that it is looked at all the same makes sure that no hold is for ever. */
const lookAgainMilliseconds = 300_000;

/** When a held alert is looked at again, at the latest. */
export function lookAgainAt(hold: Hold, now: Date): Date {
  return hold.until ?? new Date(now.getTime() + lookAgainMilliseconds);
}

/** Whether it is known when the hold ends: a shelf and a window have a time. */
export function hasEnd(kind: HoldKind): boolean {
  return kind === 'shelved' || kind === 'maintenance';
}

/** What may decide whether an alert is held. */
export interface HoldSubject {
  readonly id: string;
  readonly source: 'device' | 'gateway';
  readonly deviceId: string | null;
  readonly gatewayId: string;
  readonly accountId: string | null;
  readonly assetId: string | null;
  readonly siteId: string | null;
  readonly categoryId: string | null;
  readonly rule: string;
  readonly state: string;
}

/** Says which of these alerts are held now, by alert. */
export type HoldSource = (
  transaction: Transaction,
  subjects: readonly HoldSubject[],
  now: Date,
) => Promise<ReadonlyMap<string, Hold>>;

/** An alert that may be part of a storm. */
export interface StormAlert extends HoldSubject {
  readonly errorCode: number | null;
  readonly severity: Severity;
}

export interface StormMembership {
  readonly incidentId: string;
  /** False of the one that stands for the incident: it goes its way as any alert does. */
  readonly held: boolean;
}

/** Notices that very many alerts have one cause; incidents bring it. */
export interface StormWatch {
  /** Of these new alerts, those that are part of a storm. */
  join(
    transaction: Transaction,
    alerts: readonly StormAlert[],
    now: Date,
  ): Promise<ReadonlyMap<string, StormMembership>>;
  /** Which of these incidents still hold their members, with how bad each is: what is worse is not held. */
  findHolding(
    transaction: Transaction,
    incidentIds: readonly string[],
  ): Promise<ReadonlyMap<string, Severity>>;
  /** A member is worse than what was known: those that become as bad after it are held again. */
  raise(transaction: Transaction, incidentId: string, severity: Severity, now: Date): Promise<void>;
}

interface GroupMember {
  readonly source: 'device' | 'gateway';
  readonly deviceId: string | null;
  readonly severity: Severity;
}

/**
 * A child of another device's alert is held, unless it is worse than its primary: a warning that was told must not
 * hide what is critical. A child of the same device belongs to the same fault, which escalations know by themselves.
 */
export function isHeldByPrimary(child: GroupMember, primary: GroupMember & { isActive: boolean }): boolean {
  return (
    primary.isActive &&
    child.source === 'device' &&
    child.deviceId !== primary.deviceId &&
    severityRank[child.severity] <= severityRank[primary.severity]
  );
}

/** A device that only seems silent because its gateway was. */
export function isSilence(state: string): boolean {
  return state === 'STALE' || state === 'BAD_QUALITY';
}
