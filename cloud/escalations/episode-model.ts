import type { CasePriority } from '../cases/index.ts';
import type { EscalationPolicy } from '../devices/index.ts';

export type EpisodeState = 'open' | 'remedying' | 'verifying' | 'remedied' | 'unremedied' | 'case-opened';

/** One fault of one device, as far as decisions need it. Times are epoch milliseconds. */
export interface Episode {
  readonly state: EpisodeState;
  readonly reason: string | null;
  /** Null where no policy covers the fault. */
  readonly policy: EscalationPolicy | null;
  /** The alerts that belong to it, by id. A cleared one stays so: a new violation is a new alert. */
  readonly alerts: Readonly<Record<string, 'active' | 'cleared'>>;
  /** Remedies begun. */
  readonly attempts: number;
  /** The remedy that is tried now. */
  readonly commandId: string | null;
  /** Set once somebody asked for a case, by hand or by a journey. */
  readonly wantedPriority: CasePriority | null;
  readonly clearSince: number | null;
  /** While it is open: how long it is waited at most whether it is over. While verifying: when it must be clear. */
  readonly verifyUntil: number | null;
  /** When it is looked at again though nothing happened. */
  readonly dueAt: number | null;
  readonly caseId: string | null;
  /** Once it is over, the same fault begins a new episode. */
  readonly closedAt: number | null;
}

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
  | { readonly type: 'alert-cleared'; readonly alertId: string }
  | { readonly type: 'remedy-issued'; readonly commandId: string; readonly expiresAt: number }
  | { readonly type: 'remedy-refused'; readonly reason: string }
  | {
      readonly type: 'remedy-ended';
      readonly commandId: string;
      readonly succeeded: boolean;
      /** It ended before the device had begun it. */
      readonly isUnbegun: boolean;
      readonly reason: string;
    }
  | { readonly type: 'case-requested'; readonly priority: CasePriority; readonly byHand: boolean }
  | { readonly type: 'case-opened'; readonly caseId: string }
  | { readonly type: 'case-closed'; readonly caseId: string }
  | { readonly type: 'time-passed' };

export type EpisodeStep =
  | 'started'
  | 'remedy-sent'
  | 'verifying'
  | 'remedied'
  | 'unremedied'
  | 'case-opened'
  | 'closed';

/** What the shell does; the outcome of what it issues, judges or opens comes back as an event. */
export type EpisodeAction =
  | { readonly type: 'issue-remedy' }
  | { readonly type: 'judge-backlog' }
  /** The fault is over: the remedy is called back where it has not reached the device. */
  | { readonly type: 'withdraw-remedy' }
  | { readonly type: 'open-case'; readonly reason: string }
  | { readonly type: 'close-alerts'; readonly reason: string }
  | { readonly type: 'tell'; readonly step: EpisodeStep; readonly reason: string | null };

export interface Decision {
  readonly episode: Episode;
  readonly actions: readonly EpisodeAction[];
}

export function newEpisode(options: {
  policy: EscalationPolicy | null;
  wantedPriority: CasePriority | null;
  alerts: Episode['alerts'];
}): Episode {
  return {
    state: 'open',
    reason: null,
    attempts: 0,
    commandId: null,
    clearSince: null,
    verifyUntil: null,
    dueAt: null,
    caseId: null,
    closedAt: null,
    ...options,
  };
}
