import type { CasePriority } from '../cases/index.ts';
import type { EscalationRule, Remedy } from '../devices/index.ts';

export type EpisodeState =
  | 'open'
  | 'remedying'
  | 'verifying'
  | 'remedied'
  | 'unremedied'
  | 'case-opened'
  | 'work-order-opened';

/** One fault of one device, as far as decisions need it. Times are epoch milliseconds. */
export interface Episode {
  readonly state: EpisodeState;
  readonly reason: string | null;
  /** The rule of the category's policy that covers the fault; null where none does. */
  readonly rule: EscalationRule | null;
  /** The alerts that belong to it, by id. A cleared one stays so: a new violation is a new alert. */
  readonly alerts: Readonly<Record<string, 'active' | 'cleared'>>;
  /** Remedies begun. */
  readonly attempts: number;
  /** What is tried now, or was last, or comes next where it is waited between two tries. */
  readonly remedy: Remedy | null;
  /** The command of the remedy that is tried now. */
  readonly commandId: string | null;
  /** Set once somebody asked for a case, by hand or by a journey. */
  readonly wantedPriority: CasePriority | null;
  readonly clearSince: number | null;
  /** When the device began the remedy that is tried now, by the gateway's clock. */
  readonly remedyBegunAt: number | null;
  /** When a reading of GOOD quality last ended one of its alerts, by the gateway's clock. */
  readonly clearedGoodAt: number | null;
  /** During this try an alert ended that nothing measured has ended: its rule is gone, say. */
  readonly clearedBlindly: boolean;
  /** While it is open: how long it is waited at most whether it is over. While verifying: when it must be clear. */
  readonly verifyUntil: number | null;
  /** When it is looked at again though nothing happened. */
  readonly dueAt: number | null;
  readonly caseId: string | null;
  readonly workOrderId: string | null;
  /** Once it is over, the same fault begins a new episode. */
  readonly closedAt: number | null;
}

/**
 * What ended an alert: a reading of GOOD quality, at this time by the gateway's clock; something that measures nothing
 * (its rule is gone, its quality was not GOOD); or a later alert of the same rule, which stands for it from then on.
 */
export type ClearedBy = { readonly goodAt: number } | 'nothing-measured' | 'successor';

export type EpisodeEvent =
  | {
      readonly type: 'begun';
      readonly byHand: boolean;
      /** `over`: it came late and is over by now. `late`: it came late, and its end may be on its way. */
      readonly told: 'now' | 'late' | 'over';
    }
  | { readonly type: 'alert-raised'; readonly alertId: string; readonly isLate: boolean }
  /** What the data of a late alert say by now. */
  | { readonly type: 'backlog-judged'; readonly judgement: 'still-coming' | 'present' }
  | { readonly type: 'alert-cleared'; readonly alertId: string; readonly by: ClearedBy }
  /** A person wants this tried, whatever the policy says. */
  | { readonly type: 'remedy-requested'; readonly remedy: Remedy }
  | { readonly type: 'remedy-issued'; readonly commandId: string; readonly expiresAt: number }
  | { readonly type: 'remedy-begun'; readonly commandId: string; readonly at: number }
  | { readonly type: 'remedy-refused'; readonly reason: string }
  | {
      readonly type: 'remedy-ended';
      readonly commandId: string;
      readonly succeeded: boolean;
      /** When, by the gateway's clock; null: the gateway did not tell of it. */
      readonly at: number | null;
      /** It ended before the device had begun it. */
      readonly isUnbegun: boolean;
      readonly reason: string;
    }
  | { readonly type: 'case-requested'; readonly priority: CasePriority; readonly byHand: boolean }
  | { readonly type: 'case-opened'; readonly caseId: string; readonly workOrderId: string | null }
  | { readonly type: 'work-order-opened'; readonly workOrderId: string }
  | { readonly type: 'work-order-ended'; readonly workOrderId: string; readonly completed: boolean }
  | { readonly type: 'case-closed'; readonly caseId: string }
  | { readonly type: 'time-passed' };

export type EpisodeStep =
  | 'started'
  | 'remedy-sent'
  | 'remedy-failed'
  | 'verifying'
  | 'remedied'
  | 'unremedied'
  | 'case-opened'
  | 'work-order-opened'
  | 'closed';

/** What the shell does; the outcome of what it issues, judges or opens comes back as an event. */
export type EpisodeAction =
  | { readonly type: 'issue-remedy' }
  | { readonly type: 'judge-backlog' }
  /** The fault is over: the remedy is called back where it has not reached the device. */
  | { readonly type: 'withdraw-remedy' }
  | { readonly type: 'open-case'; readonly reason: string }
  | { readonly type: 'open-work-order'; readonly reason: string }
  | { readonly type: 'close-alerts'; readonly reason: string }
  /** Nobody and nothing works on them any more. */
  | { readonly type: 'release-alerts'; readonly reason: string }
  | { readonly type: 'tell'; readonly step: EpisodeStep; readonly reason: string | null };

export interface Decision {
  readonly episode: Episode;
  readonly actions: readonly EpisodeAction[];
}

export function newEpisode(options: {
  rule: EscalationRule | null;
  wantedPriority: CasePriority | null;
  alerts: Episode['alerts'];
}): Episode {
  return {
    state: 'open',
    reason: null,
    attempts: 0,
    remedy: null,
    commandId: null,
    clearSince: null,
    remedyBegunAt: null,
    clearedGoodAt: null,
    clearedBlindly: false,
    verifyUntil: null,
    dueAt: null,
    caseId: null,
    workOrderId: null,
    closedAt: null,
    ...options,
  };
}
