import { compileRule } from '@andon/shared/alert-rules';
import {
  type AlertRule,
  type DefinitionReport,
  DefinitionVersion,
  type DeviceDefinition,
  definitionReasonLengthMax,
  Slug,
} from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { messageOf } from './message-of.ts';

/**
 * Why this program cannot watch by a definition that follows the contract: a formula asks for what it does not know, as
 * the cloud's program is newer. Undefined where it can.
 */
export function refusalOfDefinition({ rules = [] }: DeviceDefinition): string | undefined {
  return rules.map(refusalOfRule).find((refusal) => refusal !== undefined);
}

/** What makes little sense and can be watched for nevertheless is let be: it may have been for long. */
function refusalOfRule(rule: AlertRule): string | undefined {
  try {
    compileRule(rule);
    return undefined;
  } catch (error) {
    return `rule ${rule.name}: ${messageOf(error)}`;
  }
}

/** What goes on where the next one is refused: the former rules, and the name and credentials that hold from now on. */
export function keptDefinition(
  next: DeviceDefinition,
  former: DeviceDefinition | undefined,
): DeviceDefinition {
  const { signals: _signals, rules: _rules, commands: _commands, ...own } = next;
  return {
    ...own,
    ...(former?.signals && { signals: former.signals }),
    ...(former?.rules && { rules: former.rules }),
    ...(former?.commands && { commands: former.commands }),
  };
}

/** What to tell the cloud, where it wants to hear of it. */
export function definitionReport(
  told: { readonly deviceId: string; readonly version: string | undefined },
  at: number,
  refusal: string | undefined,
): DefinitionReport | undefined {
  const { deviceId, version } = told;
  if (version === undefined) {
    return undefined;
  }
  const report = { type: 'device-definition', deviceId, version, at } as const;
  return refusal === undefined
    ? { ...report, outcome: 'running' }
    : { ...report, outcome: 'refused', reason: refusal.slice(0, definitionReasonLengthMax) };
}

const AnyDefinition = Type.Object({
  type: Type.Literal('device'),
  device: Type.Object({ id: Slug }),
  version: DefinitionVersion,
});

/** For a message that does not follow the contract, if it is of a device: a newer cloud may know more of rules. */
export function unreadDefinition(message: unknown, at: number): DefinitionReport | undefined {
  return Value.Check(AnyDefinition, message)
    ? definitionReport(
        { deviceId: message.device.id, version: message.version },
        at,
        'The gateway does not understand this definition. Its program may be older than the cloud; update it.',
      )
    : undefined;
}
