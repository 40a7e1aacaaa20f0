import { type RuleState, type Step, serializeState } from '@andon/shared/alert-rules';
import type { AlertRule, AlertTransition } from '@andon/shared/contracts';
import type { AlertAction, AlertStateChange, Evaluation } from './alert-engine-contract.ts';

/** The answer of the quiet path, shared so that it costs nothing. */
export const nothingHappened: Evaluation = Object.freeze({ transitions: [], states: [], actions: [] });

/** Collects what one call changes: of each state only the last word is written. */
export class Batch {
  readonly #transitions: AlertTransition[] = [];
  readonly #actions: AlertAction[] = [];
  readonly #states = new Map<string, { before: RuleState; after: RuleState }>();

  add(key: string, before: RuleState, step: Step, rule: AlertRule | undefined): void {
    this.#states.set(key, { before: this.#states.get(key)?.before ?? before, after: step.state });
    for (const transition of step.transitions) {
      this.#transitions.push(transition);
      if (transition.transition === 'raised') this.#act(transition, 'raised', rule?.onAlert);
      if (transition.transition === 'cleared') this.#act(transition, 'cleared', rule?.onClear);
    }
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
    return { transitions: this.#transitions, states, actions: this.#actions };
  }
}
