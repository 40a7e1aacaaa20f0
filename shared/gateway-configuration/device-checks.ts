import { commandRuleMistakes } from '../command-rules/index.ts';
import type { CommandRule, DeviceDefinition, LocalAction } from '../contracts/index.ts';
import type { Service } from './cross-checks.ts';
import type { KeyPath, Tell } from './mistakes.ts';
import { tellRepeated } from './names.ts';
import { checkRule } from './rule-checks.ts';

/** Tells what is wrong with a device, its rules and what they do, given who serves which device. */
export function checkDevice(
  device: DeviceDefinition,
  path: KeyPath,
  services: ReadonlyMap<string, Service>,
  tell: Tell,
): void {
  const signals = device.signals ?? [];
  tellRepeated(signals, (signal) => signal.name, [...path, 'signals'], 'name', 'the signal', tell);
  const rules = device.rules ?? [];
  tellRepeated(rules, (rule) => rule.name, [...path, 'rules'], 'name', 'the rule', tell);
  for (const [index, rule] of rules.entries()) {
    const rulePath = [...path, 'rules', index];
    const service = services.get(device.id);
    checkRule(rule, rulePath, tell, rules, service?.signals);
    if (service?.signals && !service.signals.has(rule.signal)) {
      tell([...rulePath, 'signal'], `names ${rule.signal}, which ${service.connector} does not read`);
    }
    for (const key of ['onAlert', 'onClear'] as const) {
      checkAction(rule[key], device, [...rulePath, key], services, tell);
    }
  }
  const commands = device.commands ?? [];
  tellRepeated(commands, (command) => command.name, [...path, 'commands'], 'name', 'the command', tell);
  for (const [index, command] of commands.entries()) {
    checkCommand(command, [...path, 'commands', index], services.get(device.id), tell);
  }
}

function checkCommand(rule: CommandRule, path: KeyPath, service: Service | undefined, tell: Tell): void {
  for (const mistake of commandRuleMistakes(rule, service?.signals)) {
    tell([...path, ...mistake.path], mistake.message);
  }
  for (const [index, step] of (rule.routine ?? []).entries()) {
    if ('write' in step && service?.writable && !service.writable.has(step.write)) {
      tell(
        [...path, 'routine', index, 'write'],
        `names ${step.write}, which is no writable point of ${service.connector}`,
      );
    }
  }
}

function checkAction(
  action: LocalAction | undefined,
  device: DeviceDefinition,
  path: KeyPath,
  services: ReadonlyMap<string, Service>,
  tell: Tell,
): void {
  if (action?.type !== 'write') {
    return;
  }
  const target = action.deviceId ?? device.id;
  const service = services.get(target);
  if (!service) {
    tell([...path, 'deviceId'], `means the device ${target}, which has no connector that can write`);
  } else if (service.writable && !service.writable.has(action.point)) {
    tell([...path, 'point'], `names ${action.point}, which is no writable point of ${target}`);
  }
}
