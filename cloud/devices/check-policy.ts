import type { CategoryEdit, CommandDefinition } from './category-schemas.ts';
import type { EscalationPolicyInput, EscalationRule, Remedy } from './escalation-policy.ts';
import { senseless } from './senseless.ts';

/** Throws 422 with the field of a command's parameter that is wrong. */
export type CheckParameters = (
  command: CommandDefinition,
  parameters: Readonly<Record<string, unknown>>,
  path: string,
) => void;

const formerFields = [
  'errorCodeAbove',
  'remedy',
  'verify',
  'onUnremedied',
  'workOrder',
  'priority',
] as const satisfies readonly (keyof EscalationPolicyInput)[];
const formerFieldsNeeded = ['errorCodeAbove', 'verify', 'onUnremedied'] as const;

/** The sense of a category's escalation policy; throws 422 with the field that makes none. */
export function checkPolicy(category: CategoryEdit, checkParameters: CheckParameters): void {
  const policy = category.escalationPolicy;
  if (policy === null || policy === undefined) {
    return;
  }
  if (policy.rules === undefined) {
    for (const name of formerFieldsNeeded) {
      if (policy[name] === undefined) {
        throw senseless(
          `escalationPolicy.${name}`,
          `A policy is a list of rules; one without rules needs ${name}.`,
        );
      }
    }
    checkRemedy(category, policy.remedy, 'escalationPolicy.remedy', checkParameters);
    return;
  }
  const former = formerFields.find((name) => policy[name] !== undefined);
  if (former !== undefined) {
    throw senseless(`escalationPolicy.${former}`, `In a policy with rules, ${former} belongs to each rule.`);
  }
  for (const [index, rule] of policy.rules.entries()) {
    checkRule(category, rule, `escalationPolicy.rules.${index}`, checkParameters);
  }
}

function checkRule(
  category: CategoryEdit,
  rule: EscalationRule,
  path: string,
  checkParameters: CheckParameters,
): void {
  for (const [index, { from, to = from }] of (rule.when.errorCodes ?? []).entries()) {
    if (to < from) {
      throw senseless(`${path}.when.errorCodes.${index}.to`, 'The last code lies below the first.');
    }
  }
  requireKnown(rule.when.rules, category.rules, `${path}.when.rules`, 'alert rule');
  requireKnown(rule.when.signals, category.signals, `${path}.when.signals`, 'signal');
  for (const [index, remedy] of rule.remedies.entries()) {
    checkRemedy(category, remedy, `${path}.remedies.${index}`, checkParameters);
  }
  if (rule.incidentTypeId !== undefined && !rule.otherwise.endsWith('work-order')) {
    throw senseless(`${path}.incidentTypeId`, 'Only a work order is of an incident type.');
  }
}

function requireKnown(
  names: readonly string[] | undefined,
  known: readonly { readonly name: string }[],
  path: string,
  what: string,
): void {
  for (const [index, name] of (names ?? []).entries()) {
    if (!known.some((one) => one.name === name)) {
      throw senseless(`${path}.${index}`, `The category has no ${what} ${name}.`);
    }
  }
}

function checkRemedy(
  category: CategoryEdit,
  remedy: Remedy | undefined,
  path: string,
  checkParameters: CheckParameters,
): void {
  if (remedy === undefined) {
    return;
  }
  const command = category.commands.find(({ name }) => name === remedy.command);
  if (command === undefined) {
    throw senseless(`${path}.command`, `The category has no command ${remedy.command}.`);
  }
  checkParameters(command, remedy.parameters ?? {}, `${path}.parameters`);
}
