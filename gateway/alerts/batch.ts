import {
  type CompiledRule,
  mustStoreAtOnce,
  type RuleState,
  type Step,
  serializeState,
} from '@andon/shared/alert-rules';
import type { AlertRule, AlertShelving, AlertTransition } from '@andon/shared/contracts';
import type { AlertAction, AlertStateChange, Evaluation } from './alert-engine-contract.ts';

/** The answer of the quiet path, shared so that it costs nothing. */
export const nothingHappened: Evaluation = Object.freeze({
  transitions: [],
  states: [],
  actions: [],
  shelvings: [],
  recordings: [],
});

/** Collects what one call changes: of each state only the last word is written. */
export class Batch {
  readonly #transitions: AlertTransition[] = [];
  readonly #actions: AlertAction[] = [];
  readonly #shelvings: AlertShelving[] = [];
  readonly #states = new Map<string, { before: RuleState; after: RuleState }>();

  /** `source` is the rule, where it is still known. */
  add(key: string, before: RuleState, step: Step, source: AlertRule | undefined): void {
    this.#states.set(key, { before: this.#states.get(key)?.before ?? before, after: step.state });
    this.#shelvings.push(...(step.shelvings ?? []));
    for (const transition of step.transitions) {
      this.#transitions.push(transition);
      if (transition.transition === 'raised') this.#act(transition, 'raised', source?.onAlert);
      if (transition.transition === 'cleared') this.#act(transition, 'cleared', source?.onClear);
    }
  }

  /** Adds a step whose state need not be stored now, where that is so. Gives whether it will be. */
  addLazily(key: string, before: RuleState, step: Step, rule: CompiledRule, isDue: boolean): boolean {
    const isNews = step.transitions.length > 0 || step.shelvings !== undefined;
    const mustBe = isNews || isDue || mustStoreAtOnce(rule, before, step.state) || this.#states.has(key);
    if (mustBe) this.add(key, before, step, rule.source);
    return mustBe;
  }

  #act(
    { deviceId, alertId }: AlertTransition,
    transition: AlertAction['transition'],
    action: AlertAction['action'] | undefined,
  ): void {
    if (action !== undefined) this.#actions.push({ deviceId, alertId, transition, action });
  }

  evaluation(): Evaluation {
    const states: AlertStateChange[] = [];
    for (const [key, { before, after }] of this.#states) {
      if (before !== after) states.push({ key, state: serializeState(after) });
    }
    return {
      transitions: this.#transitions,
      states,
      actions: this.#actions,
      shelvings: this.#shelvings,
      recordings: [],
    };
  }
}
