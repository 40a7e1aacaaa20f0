import type { AlertRule, AlertShelving, AlertTransition, Limit, Reading } from '@andon/shared/contracts';
import { Samples } from './samples.ts';
import { type Suggestion, suggestDeadband, suggestDelays } from './suggestions.ts';

/** What one rule of one device would have done. Times are in milliseconds. */
export interface RuleReport {
  readonly deviceId: string;
  readonly rule: string;
  readonly signal: string;
  readonly alerts: number;
  readonly alertsADay: number;
  /** Alerts by the worst state that they reached. */
  readonly byState: Readonly<Record<string, number>>;
  /** How often the rule would have been shelved because it chattered. */
  readonly chatter: number;
  readonly inAlertMilliseconds: number;
  readonly longestMilliseconds: number;
  /** The last one was still open when the recording ended. */
  readonly isOpen: boolean;
  readonly suggestions: readonly Suggestion[];
  readonly occurrences: readonly Occurrence[];
}

export interface Occurrence {
  readonly raisedAt: number;
  /** Null where the recording ended first. */
  readonly clearedAt: number | null;
  readonly states: readonly string[];
  readonly value: AlertTransition['value'];
  readonly reason: string;
}

/** No more are listed; all are counted. */
const occurrencesMax = 1000;
const ranks = ['HIHI', 'LOLO', 'HI', 'LO'];

type Side = 'high' | 'low';
const sideOf = (state: string): Side | undefined =>
  state.startsWith('HI') ? 'high' : state.startsWith('LO') ? 'low' : undefined;

/** Counts what a rule does, and gathers what its deadband and delays could be judged by. */
export class RuleTally {
  readonly #deviceId: string;
  readonly #rule: AlertRule;
  readonly #byState = new Map<string, number>();
  readonly #listed: Occurrence[] = [];
  readonly #durations = new Samples();
  readonly #changes = new Samples();
  readonly #intervals = new Samples();
  readonly #pauses = new Samples();
  /** How far back inside the value came between two alerts of one side. */
  readonly #dips = new Samples();
  #open: { raised: AlertTransition; states: Set<string> } | undefined;
  #cleared: { at: number; side: Side | undefined; extreme: number } | undefined;
  #last: { value: number; at: number } | undefined;
  #alerts = 0;
  #chatter = 0;
  #inAlert = 0;
  #longest = 0;

  constructor(deviceId: string, rule: AlertRule) {
    this.#deviceId = deviceId;
    this.#rule = rule;
  }

  observe({ deviceId, signal, value, quality, sourceTime }: Reading): void {
    const isOwn = deviceId === this.#deviceId && signal === this.#rule.signal;
    if (!isOwn || quality === 'BAD' || typeof value !== 'number') return;
    if (this.#last !== undefined) {
      this.#changes.add(Math.abs(value - this.#last.value));
      this.#intervals.add(Math.max(0, sourceTime - this.#last.at));
    }
    this.#last = { value, at: sourceTime };
    const cleared = this.#cleared;
    if (cleared?.side === 'high') cleared.extreme = Math.min(cleared.extreme, value);
    if (cleared?.side === 'low') cleared.extreme = Math.max(cleared.extreme, value);
  }

  take(transition: AlertTransition): void {
    const { state, sourceTime } = transition;
    if (transition.transition === 'raised') {
      this.#alerts += 1;
      this.#open = { raised: transition, states: new Set([state]) };
      this.#noteReturn(state, sourceTime);
    } else if (transition.transition === 'cleared') {
      this.#close(sourceTime);
      const extreme = typeof transition.value === 'number' ? transition.value : Number.NaN;
      this.#cleared = { at: sourceTime, side: sideOf(state), extreme };
    } else {
      this.#open?.states.add(state);
    }
  }

  shelved({ shelved, kind }: AlertShelving): void {
    if (shelved && kind === 'chatter') this.#chatter += 1;
  }

  report(endedAt: number, days: number): RuleReport {
    const isOpen = this.#open !== undefined;
    const inAlert = this.#inAlert + (this.#open ? Math.max(0, endedAt - this.#open.raised.sourceTime) : 0);
    const occurrences = [...this.#listed];
    if (this.#open !== undefined) {
      occurrences.push(listed(this.#open, null));
      this.#count(this.#open.states);
      this.#open = undefined;
    }
    return {
      deviceId: this.#deviceId,
      rule: this.#rule.name,
      signal: this.#rule.signal,
      alerts: this.#alerts,
      alertsADay: days > 0 ? this.#alerts / days : 0,
      byState: Object.fromEntries(this.#byState),
      chatter: this.#chatter,
      inAlertMilliseconds: inAlert,
      longestMilliseconds: this.#longest,
      isOpen,
      suggestions: this.#suggestions(),
      occurrences,
    };
  }

  #noteReturn(state: string, at: number): void {
    const cleared = this.#cleared;
    this.#cleared = undefined;
    const side = sideOf(state);
    if (cleared === undefined || cleared.side !== side) return;
    this.#pauses.add(Math.max(0, at - cleared.at));
    const limit = this.#innerLimit(side);
    if (limit !== undefined && this.#comparesTheValue()) {
      this.#dips.add(Math.abs(limit.setpoint - cleared.extreme));
    }
  }

  #close(at: number): void {
    if (this.#open === undefined) return;
    const lasted = Math.max(0, at - this.#open.raised.sourceTime);
    this.#inAlert += lasted;
    this.#longest = Math.max(this.#longest, lasted);
    this.#durations.add(lasted);
    this.#count(this.#open.states);
    if (this.#listed.length < occurrencesMax) this.#listed.push(listed(this.#open, at));
    this.#open = undefined;
  }

  #count(states: ReadonlySet<string>): void {
    const worst = ranks.find((state) => states.has(state)) ?? [...states].at(-1) ?? 'unknown';
    this.#byState.set(worst, (this.#byState.get(worst) ?? 0) + 1);
  }

  #suggestions(): Suggestion[] {
    const limit = this.#innerLimit('high') ?? this.#innerLimit('low');
    if (limit === undefined) return [];
    const intervals = { median: this.#intervals.median() };
    return [
      ...(this.#comparesTheValue() ? suggestDeadband(limit, this.#changes, this.#dips) : []),
      ...suggestDelays(limit, intervals.median, this.#durations, this.#pauses),
    ];
  }

  #comparesTheValue(): boolean {
    const { rateOfChange, deviation, window, calculation } = this.#rule;
    return [rateOfChange, deviation, window, calculation].every((measure) => measure === undefined);
  }

  #innerLimit(side: Side | undefined): Limit | undefined {
    const { hihi, hi, lo, lolo } = this.#rule.limits ?? {};
    if (side === undefined) return undefined;
    return side === 'high' ? (hi ?? hihi) : (lo ?? lolo);
  }
}

function listed(
  { raised, states }: { raised: AlertTransition; states: ReadonlySet<string> },
  clearedAt: number | null,
): Occurrence {
  const { sourceTime, value, reason } = raised;
  return { raisedAt: sourceTime, clearedAt, states: [...states], value, reason };
}
