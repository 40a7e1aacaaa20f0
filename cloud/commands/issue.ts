import type { Command as CommandMessage, ParameterValues } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import {
  type CommandDefinition,
  checkCommandParameters,
  type Device,
  type Devices,
} from '../devices/index.ts';
import type { Gateways } from '../gateways/index.ts';
import { appendEvent, type Platform, type Role, type Transaction } from '../platform/index.ts';
import { noSuchCommand } from './presentation.ts';
import { takeWords } from './progress.ts';
import { expiresInSecondsDefault } from './schemas.ts';
import { isFinal } from './state.ts';
import {
  type CommandRow,
  insertCommand,
  insertHistory,
  lockCommands,
  lockQueue,
  requestCancel,
} from './store.ts';

/** Commands of one device that are not final yet. */
export const pendingCommandsMax = 20;

export interface CommandsDependencies {
  readonly devices: Pick<Devices, 'findDevice' | 'findCategory'>;
  readonly gateways: Pick<Gateways, 'downlink' | 'countRefusals'>;
}

export interface CommandOrder {
  readonly deviceId: string;
  readonly name: string;
  readonly parameters?: ParameterValues | undefined;
  readonly expiresInSeconds?: number | undefined;
  readonly actor: string;
  /** Whose the command is checked to be; what the cloud sends by itself has none. */
  readonly senderRole?: Role | undefined;
  readonly causedBy?: number | undefined;
  /** The one that did not succeed. */
  readonly retryOf?: string | undefined;
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

/**
 * Queues a command and hands it to the gateway's downlink, in the caller's transaction; answers its id.
 * @throws AndonError where the device, the command or a parameter is not known, or the queue is full. Nothing is
 * written then.
 */
export async function issueCommand(
  transaction: Transaction,
  platform: Pick<Platform, 'clock' | 'newId'>,
  dependencies: CommandsDependencies,
  order: CommandOrder,
): Promise<{ commandId: string; expiresAt: number }> {
  const device = await requireDevice(transaction, dependencies, order.deviceId);
  const category = await dependencies.devices.findCategory(transaction, device.categoryId);
  const definition = commandDefinitionOf(category?.commands ?? [], order.name);
  refuseSender(definition, order);
  const parameters = checkCommandParameters(definition, order.parameters ?? {});
  if ((await lockQueue(transaction, device.id)) >= pendingCommandsMax) {
    throw new AndonError({
      code: 'commands.queue-full',
      message: `The device already has ${pendingCommandsMax} commands that have not ended.`,
      nextStep: 'Wait until one ends, or cancel one.',
      status: 429,
      details: { limit: pendingCommandsMax },
    });
  }
  const now = platform.clock.now();
  const message: CommandMessage = {
    id: platform.newId(),
    deviceId: device.id,
    name: definition.name,
    parameters,
    issuedBy: order.actor,
    issuedAt: now,
    expiresAt:
      now + (order.expiresInSeconds ?? definition.expiresInSeconds ?? expiresInSecondsDefault) * 1000,
    idempotency: definition.idempotency,
  };
  await store(transaction, message, device, order);
  await dependencies.gateways.downlink.send(transaction, device.gatewayId, {
    type: 'command',
    command: message,
  });
  if (device.gatewayConnected) {
    await markSent(transaction, await lockCommands(transaction, [message.id]), new Date(now));
  }
  return { commandId: message.id, expiresAt: message.expiresAt };
}

async function store(
  transaction: Transaction,
  message: CommandMessage,
  device: Device,
  order: CommandOrder,
): Promise<void> {
  const now = new Date(message.issuedAt);
  await insertCommand(transaction, message, {
    gatewayId: device.gatewayId,
    bootId: device.bootId,
    now,
    retryOf: order.retryOf ?? null,
    jobId: order.job?.id ?? null,
  });
  await insertHistory(transaction, [
    { commandId: message.id, state: 'QUEUED', at: message.issuedAt, reason: null, tookEffect: true },
  ]);
  await appendEvent(transaction, {
    type: 'command.state-changed',
    key: message.id,
    payload: {
      commandId: message.id,
      deviceId: device.id,
      name: message.name,
      from: null,
      to: 'QUEUED',
      reason: null,
      issuedBy: message.issuedBy,
      ...(order.retryOf === undefined ? {} : { retryOf: order.retryOf }),
      ...(order.job === undefined ? {} : { jobId: order.job.id }),
    },
    actor: order.actor,
    occurredAt: now,
    ...(order.causedBy === undefined ? {} : { causedBy: order.causedBy }),
  });
}

/** They are on their way: their gateway is there. */
export async function markSent(
  transaction: Transaction,
  rows: readonly CommandRow[],
  now: Date,
): Promise<void> {
  await takeWords(
    transaction,
    rows,
    rows.map((row) => ({ commandId: row.id, state: 'SENT', at: now.getTime() })),
    { actor: 'system:commands', now },
  );
}

/**
 * Asks the gateway not to begin a command. Whether it had begun only the gateway knows, so the state changes when
 * it answers (CANCELLED, or what became of it), or when the command expires.
 * @throws AndonError `commands.already-ended` (409).
 */
export async function cancelCommand(
  transaction: Transaction,
  platform: Pick<Platform, 'clock'>,
  dependencies: CommandsDependencies,
  cancel: { commandId: string; actor: string },
): Promise<void> {
  const [row] = await lockCommands(transaction, [cancel.commandId]);
  if (row === undefined) {
    throw noSuchCommand();
  }
  if (isFinal(row.state)) {
    throw new AndonError({
      code: 'commands.already-ended',
      message: `The command has ended as ${row.state}.`,
      nextStep: 'Look at what it did; send another if needed.',
      status: 409,
      details: { state: row.state },
    });
  }
  if (row.cancel_requested_at !== null) {
    return;
  }
  const now = new Date(platform.clock.now());
  await requestCancel(transaction, row.id, cancel.actor, now);
  await appendEvent(transaction, {
    type: 'command.cancel-requested',
    key: row.id,
    payload: { commandId: row.id, deviceId: row.device_id, name: row.name },
    actor: cancel.actor,
    occurredAt: now,
  });
  await dependencies.gateways.downlink.send(transaction, row.gateway_id, {
    type: 'cancel',
    commandId: row.id,
    deviceId: row.device_id,
  });
}

async function requireDevice(
  transaction: Transaction,
  dependencies: CommandsDependencies,
  deviceId: string,
): Promise<Device> {
  const device = await dependencies.devices.findDevice(transaction, deviceId);
  if (device === undefined) {
    throw new AndonError({
      code: 'commands.no-such-device',
      message: `There is no device ${deviceId}.`,
      nextStep: 'Look for it in GET /v1/devices.',
      status: 404,
    });
  }
  if (device.registrationStatus === 'unregistered') {
    throw new AndonError({
      code: 'commands.device-unregistered',
      message: `The device ${deviceId} is not registered, so no gateway can reach it.`,
      nextStep: 'Register its asset first.',
      status: 409,
    });
  }
  return device;
}

/** Who may send it at all is the door's to know; who may send this one stands in its definition. */
function refuseSender(definition: CommandDefinition, { senderRole, job }: CommandOrder): void {
  if (!maySend(definition, senderRole)) {
    throw new AndonError({
      code: 'commands.not-for-this-role',
      message: `The command ${definition.name} is not sent by a ${senderRole}.`,
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

/** An administrator may send everything; what the cloud sends by itself has no role. */
export function maySend({ roles }: Pick<CommandDefinition, 'roles'>, role: Role | undefined): boolean {
  return role === undefined || role === 'administrator' || roles === undefined || roles.includes(role);
}

/** @throws AndonError `commands.unknown-command` (422). */
export function commandDefinitionOf(commands: readonly CommandDefinition[], name: string): CommandDefinition {
  const definition = [...commands, reboot].find((command) => command.name === name);
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
