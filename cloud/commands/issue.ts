import type { Command as CommandMessage } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { CommandDefinition } from '../devices/index.ts';
import { appendEvents, type Platform, type Transaction } from '../platform/index.ts';
import { type CommandOrder, type CommandsDependencies, type Judged, judgeOrder } from './order.ts';
import { takeWords } from './progress.ts';
import { expiresInSecondsDefault } from './schemas.ts';
import { type CommandRow, insertCommands, insertHistory, lockCommands, lockQueues } from './store.ts';

/** Commands of one device that are not final yet. */
export const pendingCommandsMax = 20;

export interface Issued {
  readonly commandId: string;
  readonly expiresAt: number;
}

type Issuing = Pick<Platform, 'clock' | 'newId'>;

/**
 * Queues a command and hands it to the gateway's downlink, in the caller's transaction; answers its id.
 * @throws AndonError where the device, the command or a parameter is not known, or the queue is full. Nothing is
 * written then.
 */
export async function issueCommand(
  transaction: Transaction,
  platform: Issuing,
  dependencies: CommandsDependencies,
  order: CommandOrder,
): Promise<Issued> {
  const [issued] = await issueCommands(transaction, platform, dependencies, [order]);
  if (issued === undefined || issued instanceof AndonError) {
    throw issued ?? new Error('an order was not answered');
  }
  return issued;
}

/** The same for some at once, in about as many statements: each is answered in its place, a refused one by why. */
export async function issueCommands(
  transaction: Transaction,
  platform: Issuing,
  dependencies: CommandsDependencies,
  orders: readonly CommandOrder[],
): Promise<(Issued | AndonError)[]> {
  const judged = await judgeAll(transaction, dependencies, orders);
  const now = platform.clock.now();
  const room = await roomOf(transaction, judged);
  const answers = judged.map((one, index): AndonError | Prepared => {
    const order = orders[index];
    if (one instanceof AndonError || order === undefined) {
      return one instanceof AndonError ? one : new AndonError(queueFull);
    }
    const left = room.get(one.device.id) ?? 0;
    if (left <= 0) {
      return new AndonError(queueFull);
    }
    room.set(one.device.id, left - 1);
    return { ...one, order, message: messageOf(order, one, { id: platform.newId(), now }) };
  });
  const prepared = answers.flatMap((answer) => (answer instanceof AndonError ? [] : [answer]));
  await store(transaction, dependencies, prepared, new Date(now));
  return answers.map((answer) =>
    answer instanceof AndonError
      ? answer
      : { commandId: answer.message.id, expiresAt: answer.message.expiresAt },
  );
}

interface Prepared extends Judged {
  readonly order: CommandOrder;
  readonly message: CommandMessage;
}

const queueFull = {
  code: 'commands.queue-full',
  message: `The device already has ${pendingCommandsMax} commands that have not ended.`,
  nextStep: 'Wait until one ends, or cancel one.',
  status: 429,
  details: { limit: pendingCommandsMax },
};

async function judgeAll(
  transaction: Transaction,
  { devices }: CommandsDependencies,
  orders: readonly CommandOrder[],
): Promise<(Judged | AndonError)[]> {
  const found = await devices.findDevices(transaction, [...new Set(orders.map(({ deviceId }) => deviceId))]);
  const commands = new Map<string, readonly CommandDefinition[]>();
  for (const categoryId of new Set([...found.values()].map((device) => device.categoryId))) {
    commands.set(categoryId, (await devices.findCategory(transaction, categoryId))?.commands ?? []);
  }
  return orders.map((order) => {
    const device = found.get(order.deviceId);
    try {
      return judgeOrder(order, device, commands.get(device?.categoryId ?? '') ?? []);
    } catch (error) {
      if (error instanceof AndonError) {
        return error;
      }
      throw error;
    }
  });
}

/** Lets nobody else issue for these devices until the transaction ends; how many more each of them may have. */
async function roomOf(
  transaction: Transaction,
  judged: readonly (Judged | AndonError)[],
): Promise<Map<string, number>> {
  const deviceIds = judged.flatMap((one) => (one instanceof AndonError ? [] : [one.device.id]));
  const pending = await lockQueues(transaction, [...new Set(deviceIds)]);
  return new Map(deviceIds.map((id) => [id, pendingCommandsMax - (pending.get(id) ?? 0)]));
}

function messageOf(
  order: CommandOrder,
  { device, definition, parameters }: Judged,
  { id, now }: { id: string; now: number },
): CommandMessage {
  const seconds = order.expiresInSeconds ?? definition.expiresInSeconds ?? expiresInSecondsDefault;
  return {
    id,
    deviceId: device.id,
    name: definition.name,
    parameters,
    issuedBy: order.actor,
    issuedAt: now,
    expiresAt: Math.min(now + seconds * 1000, order.expiresBy ?? Number.POSITIVE_INFINITY),
    idempotency: definition.idempotency,
  };
}

async function store(
  transaction: Transaction,
  { gateways }: CommandsDependencies,
  prepared: readonly Prepared[],
  now: Date,
): Promise<void> {
  if (prepared.length === 0) {
    return;
  }
  await insertCommands(
    transaction,
    prepared.map(({ message, device, order }) => ({
      message,
      gatewayId: device.gatewayId,
      bootId: device.bootId,
      retryOf: order.retryOf ?? null,
      jobId: order.job?.id ?? null,
    })),
    now,
  );
  await insertHistory(
    transaction,
    prepared.map(({ message: { id, issuedAt } }) => ({
      commandId: id,
      state: 'QUEUED',
      at: issuedAt,
      reason: null,
      tookEffect: true,
    })),
  );
  await appendEvents(
    transaction,
    prepared.map((one) => issuedEvent(one, now)),
  );
  for (const { message, device } of prepared) {
    await gateways.downlink.send(transaction, device.gatewayId, { type: 'command', command: message });
  }
  const onTheirWay = prepared.flatMap(({ message, device }) => (device.gatewayConnected ? [message.id] : []));
  if (onTheirWay.length > 0) {
    await markSent(transaction, await lockCommands(transaction, onTheirWay), now);
  }
}

function issuedEvent({ message, order }: Prepared, now: Date) {
  return {
    type: 'command.state-changed',
    key: message.id,
    payload: {
      commandId: message.id,
      deviceId: message.deviceId,
      name: message.name,
      from: null,
      to: 'QUEUED',
      reason: null,
      issuedBy: message.issuedBy,
      ...(order.retryOf === undefined ? {} : { retryOf: order.retryOf }),
      ...(order.despite === undefined || order.despite.length === 0 ? {} : { despite: order.despite }),
      ...(order.job === undefined ? {} : { jobId: order.job.id }),
    },
    actor: order.actor,
    occurredAt: now,
    ...(order.causedBy === undefined ? {} : { causedBy: order.causedBy }),
  };
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
