import type { ParameterValues } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import {
  type CommandDefinition,
  checkCommandParameters,
  type Device,
  type Devices,
} from '../devices/index.ts';
import type { Gateways } from '../gateways/index.ts';
import type { Principal, Role } from '../platform/index.ts';
import type { HoldReason } from './holding.ts';

export interface CommandsDependencies {
  readonly devices: Pick<Devices, 'findDevices' | 'findCategory'>;
  readonly gateways: Pick<Gateways, 'downlink' | 'countRefusals'>;
}

/**
 * Whose order it is, for the commands that only some roles send: a role, the cloud by itself, or a key that was given
 * scopes and so has no role.
 */
export type Sender = Role | 'no-role' | 'cloud';

export function senderOf({ role }: Pick<Principal, 'role'>): Sender {
  return role ?? 'no-role';
}

export interface CommandOrder {
  readonly deviceId: string;
  readonly name: string;
  readonly parameters?: ParameterValues | undefined;
  readonly expiresInSeconds?: number | undefined;
  /** Epoch milliseconds: it expires by then, however long it might live otherwise. */
  readonly expiresBy?: number | undefined;
  readonly actor: string;
  readonly sender: Sender;
  readonly causedBy?: number | undefined;
  /** The one that did not succeed. */
  readonly retryOf?: string | undefined;
  /** What held it, which whoever sent it knew of: for the record. */
  readonly despite?: readonly HoldReason[] | undefined;
  readonly job?: { readonly id: string; readonly mayDestroy: boolean } | undefined;
}

/** Every device can be asked to reboot, whether or not its category says so. */
const reboot: CommandDefinition = {
  name: 'reboot',
  title: 'Reboot',
  destructive: true,
  idempotency: 'once',
  parameters: [],
};

/** What may be sent to which device, once everything was looked at but the device's queue. */
export interface Judged {
  readonly device: Device;
  readonly definition: CommandDefinition;
  readonly parameters: ParameterValues;
}

/** @throws AndonError where the device, the command, a parameter or the sender is none. */
export function judgeOrder(
  order: CommandOrder,
  device: Device | undefined,
  commands: readonly CommandDefinition[],
): Judged {
  const found = requireDevice(order.deviceId, device);
  const definition = commandDefinitionOf(commands, order.name);
  refuseSender(definition, order);
  return {
    device: found,
    definition,
    parameters: checkCommandParameters(definition, order.parameters ?? {}),
  };
}

function requireDevice(deviceId: string, device: Device | undefined): Device {
  if (device === undefined) {
    throw noSuchDevice(deviceId);
  }
  if (device.registrationStatus === 'unregistered') {
    throw new AndonError({
      code: 'commands.device-unregistered',
      message: `The device ${deviceId} is not registered, so no gateway can reach it.`,
      nextStep: 'Register its asset first.',
      status: 409,
    });
  }
  if (!device.active) {
    throw new AndonError({
      code: 'commands.device-out-of-service',
      message: `The device ${deviceId} is out of service, so its gateway does not serve it.`,
      nextStep: 'Activate it first.',
      status: 409,
    });
  }
  return device;
}

export function noSuchDevice(deviceId: string): AndonError {
  return new AndonError({
    code: 'commands.no-such-device',
    message: `There is no device ${deviceId}.`,
    nextStep: 'Look for it in GET /v1/devices.',
    status: 404,
  });
}

/** Who may send it at all is the door's to know; who may send this one stands in its definition. */
function refuseSender(definition: CommandDefinition, { sender, job }: CommandOrder): void {
  if (!maySend(definition, sender)) {
    throw new AndonError({
      code: 'commands.not-for-this-role',
      message: `The command ${definition.name} is not sent by ${nameOfSender(sender)}.`,
      nextStep: `Ask somebody who may: ${(definition.roles ?? []).join(', ') || 'an administrator'}.`,
      status: 403,
      details: { roles: definition.roles },
    });
  }
  if (job !== undefined && definition.destructive && !job.mayDestroy) {
    throw new AndonError({
      code: 'commands.destructive-without-approval',
      message: `The command ${definition.name} is destructive by now, and nobody approved the job.`,
      nextStep: 'Make the job anew, and let another person approve it.',
      status: 409,
    });
  }
}

/** An administrator may send everything, and the cloud by itself; without a role, what is for no role alone. */
export function maySend({ roles }: Pick<CommandDefinition, 'roles'>, sender: Sender): boolean {
  const maySendAll = sender === 'administrator' || sender === 'cloud';
  return maySendAll || roles === undefined || roles.some((role) => role === sender);
}

export function nameOfSender(sender: Sender): string {
  return sender === 'no-role' ? 'a key that has no role' : `a ${sender}`;
}

/** @throws AndonError `commands.unknown-command` (422). */
export function commandDefinitionOf(commands: readonly CommandDefinition[], name: string): CommandDefinition {
  const found = [...commands, reboot].find((command) => command.name === name);
  // Whatever a category makes of it, a reboot stops the machine.
  const definition = found?.name === reboot.name ? { ...found, destructive: true } : found;
  if (definition === undefined) {
    const names = [...new Set([...commands, reboot].map((command) => command.name))];
    throw new AndonError({
      code: 'commands.unknown-command',
      message: `The device knows no command ${name}.`,
      nextStep: `It knows ${names.join(', ')}.`,
      field: 'name',
      status: 422,
      details: { commands: names },
    });
  }
  return definition;
}
