import { resetLatched, type Step, shelve, unshelve } from '@andon/shared/alert-rules';
import { AndonError } from '@andon/shared/kernel';
import type { RuleRequest } from './alert-engine-contract.ts';
import type { WatchedRule } from './watched-rule.ts';

/** Does what a person asks of a rule; undefined where it is so already. Throws where it cannot be. */
export function carryOut(
  request: RuleRequest,
  watched: WatchedRule | undefined,
  now: number,
): Step | undefined {
  if (watched === undefined) {
    throw new AndonError({
      code: 'alerts.no-such-rule',
      message: `The device ${request.deviceId} has no rule ${request.rule} here.`,
      nextStep: 'See the rules of the device in the configuration, or in its category.',
      status: 404,
    });
  }
  const { rule, state } = watched;
  const { deviceId, by } = request;
  if (request.ask === 'shelve') {
    const { kind, milliseconds } = request;
    return shelve(rule, state, { deviceId, now, by, kind, milliseconds });
  }
  if (request.ask === 'unshelve') return unshelve(rule, state, { deviceId, now, by });
  const outcome = resetLatched(rule, state, { deviceId, now, by });
  if (typeof outcome !== 'string') return outcome;
  throw new AndonError({
    code: 'alerts.cannot-reset',
    message:
      outcome === 'nothing-open'
        ? `The rule ${request.rule} of ${deviceId} has no open alert.`
        : `What the rule ${request.rule} of ${deviceId} was raised for is still so.`,
    nextStep:
      outcome === 'nothing-open' ? 'There is nothing to do.' : 'Deal with the cause, then reset it again.',
    status: 409,
  });
}
