import { ruleMistakes } from '@andon/shared/alert-rules';
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

/**
 * Why this program cannot watch by a definition that follows the contract; undefined where it can. The cloud looks
 * for the same when a category is saved: this is for a cloud whose program is newer, or older, than this one.
 */
export function refusalOfDefinition({ rules = [], signals }: DeviceDefinition): string | undefined {
  const names = signals === undefined ? undefined : new Set(signals.map(({ name }) => name));
  const refusalOf = (rule: AlertRule): string | undefined => {
    const [mistake] = ruleMistakes(rule, rules, names);
    return mistake && `rule ${rule.name}, ${mistake.path.join('.')}: ${mistake.message}`;
  };
  return rules.map(refusalOf).find((refusal) => refusal !== undefined);
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
