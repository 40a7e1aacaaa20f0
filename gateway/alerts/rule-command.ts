import type { Command } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { RuleRequest } from './alert-engine-contract.ts';

const shelvingMillisecondsDefault = 3_600_000;

/** Commands to a device that the gateway itself carries out: they are about its rules, not about the device. */
export const ruleCommands = ['shelve-alert-rule', 'unshelve-alert-rule', 'reset-alert'] as const;

/**
 * What a command asks of a rule: `rule` is a parameter of each; shelving takes `milliseconds` and `oneShot` too.
 * Undefined where the command is for the device. Throws where the parameters make no sense.
 */
export function ruleRequestOf(command: Command): RuleRequest | undefined {
  const { name, deviceId, issuedBy, parameters } = command;
  if (!ruleCommands.some((candidate) => candidate === name)) return undefined;
  const { rule, milliseconds = shelvingMillisecondsDefault, oneShot = false } = parameters;
  if (typeof rule !== 'string') throw wrongParameter('rule', 'is the name of a rule');
  const request = { deviceId, rule, by: issuedBy.slice(0, 200) || 'somebody' };
  if (name === 'unshelve-alert-rule') return { ask: 'unshelve', ...request };
  if (name === 'reset-alert') return { ask: 'reset', ...request };
  if (typeof milliseconds !== 'number' || !(milliseconds > 0)) {
    throw wrongParameter('milliseconds', 'is how long the rule is shelved');
  }
  return { ask: 'shelve', kind: oneShot === true ? 'one-shot' : 'timed', milliseconds, ...request };
}

/** Does what a command asks of a rule, through `ask`; undefined where the command is for the device. */
export function attemptRuleCommand(
  command: Command,
  ask: (request: RuleRequest) => Promise<void>,
): Promise<{ status: 'succeeded' | 'rejected'; reason?: string }> | undefined {
  const rejected = (error: unknown) => {
    // Only what a person can put right is an answer; the rest is tried again.
    if (!(error instanceof AndonError) || error.status >= 500) throw error;
    return { status: 'rejected' as const, reason: `${error.code}: ${error.message}`.slice(0, 500) };
  };
  let request: RuleRequest | undefined;
  try {
    request = ruleRequestOf(command);
  } catch (error) {
    return Promise.resolve(rejected(error));
  }
  return request && ask(request).then(() => ({ status: 'succeeded' as const }), rejected);
}

function wrongParameter(field: string, what: string): AndonError {
  return new AndonError({
    code: 'alerts.rule-command-parameter',
    message: `The parameter ${field} ${what}.`,
    nextStep: 'See the parameters of the command in docs/how-to/write-alert-rules.md.',
    field: `parameters.${field}`,
    status: 422,
  });
}
