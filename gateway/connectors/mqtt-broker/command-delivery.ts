import { type Command, commandReason, mayBeRepeated, topics } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { Connection } from './connection.ts';
import { limits } from './limits.ts';

interface Pending {
  readonly connection: Connection;
  readonly deviceId: string;
  readonly commandId: string;
  readonly promise: Promise<void>;
  readonly settle: (error?: Error) => void;
  packetId: number | undefined;
}

/**
 * Commands on their way to devices. A command counts as delivered when its client acknowledged it, or answered it,
 * or, where the client subscribed with QoS 0 and acknowledges nothing, when it was written. It goes to one
 * connection only, the youngest that subscribed, so that a device with two clients does not act twice.
 */
export class CommandDelivery {
  readonly #pending = new Map<string, Pending>();
  readonly #show: (deviceId: string, payload: Uint8Array) => void;

  /** `show` is given what goes out to devices. */
  constructor(show: (deviceId: string, payload: Uint8Array) => void) {
    this.#show = show;
  }

  /**
   * Rejects where it was not sent, or may be sent again; `unconfirmed` is why nobody knows whether it arrived, where it
   * may not.
   */
  async deliver(
    connections: readonly Connection[],
    command: Command,
  ): Promise<{ readonly unconfirmed?: string }> {
    const pending = this.#pending.get(command.id) ?? this.#send(connections, command);
    try {
      await pending.promise;
      return {};
    } catch (error) {
      if (error instanceof AndonError && !mayBeRepeated(command)) {
        return { unconfirmed: error.message };
      }
      throw error;
    }
  }

  #send(connections: readonly Connection[], command: Command): Pending {
    const topic = topics.command(command.deviceId, command.id);
    const connection = connections.findLast((candidate) => candidate.subscribedAt(topic) !== undefined);
    if (connection === undefined) {
      throw unreachable(command.deviceId, connections.length > 0);
    }
    if (this.#pending.size >= limits.commandsPendingMax) {
      throw new AndonError({
        code: 'mqtt-broker.commands-pending',
        message: `${limits.commandsPendingMax} commands wait for their devices' acknowledgements.`,
        nextStep: 'It is tried again; look which devices are connected but do not answer.',
      });
    }
    const qos = connection.subscribedAt(topic) === 0 ? 0 : 1;
    const pending = this.#wait(connection, command);
    const { name, parameters, expiresAt } = command;
    const payload = Buffer.from(JSON.stringify({ name, parameters, expiresAt }));
    this.#show(command.deviceId, payload);
    connection.client.publish({ cmd: 'publish', topic, payload, qos, retain: false, dup: false }, () => {
      if (qos === 0) {
        pending.settle(connection.client.closed ? connectionEnded(command.deviceId) : undefined);
      }
    });
    return pending;
  }

  /** A packet with this id goes out on the topic. */
  sent(connection: Connection, topic: string, packetId: number): void {
    const pending = this.#pending.get(topic.slice(topic.lastIndexOf('/') + 1));
    if (pending?.connection === connection) {
      pending.packetId = packetId;
    }
  }

  acknowledged(connection: Connection, packetId: number): void {
    for (const pending of this.#pending.values()) {
      if (pending.connection === connection && pending.packetId === packetId) {
        pending.settle();
      }
    }
  }

  /** The device answered: so it has it, acknowledged or not. */
  answered(deviceId: string, commandId: string): void {
    const pending = this.#pending.get(commandId);
    if (pending?.deviceId === deviceId) {
      pending.settle();
    }
  }

  closed(connection: Connection): void {
    for (const pending of this.#pending.values()) {
      if (pending.connection === connection) {
        pending.settle(connectionEnded(pending.deviceId));
      }
    }
  }

  #wait(connection: Connection, command: Command): Pending {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => settle(notAcknowledged(command.deviceId)),
      limits.commandAcknowledgementMilliseconds,
    );
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      this.#pending.delete(command.id);
      error === undefined ? resolve() : reject(error);
    };
    const { deviceId, id: commandId } = command;
    const pending = { connection, deviceId, commandId, promise, settle, packetId: undefined };
    this.#pending.set(commandId, pending);
    return pending;
  }
}

function unreachable(deviceId: string, connected: boolean): AndonError {
  return connected
    ? new AndonError({
        code: 'mqtt-broker.device-not-subscribed',
        message: commandReason('not-subscribed', { device: deviceId }),
        nextStep: `Let it subscribe to ${topics.commands(deviceId)}.`,
      })
    : new AndonError({
        code: 'mqtt-broker.device-not-connected',
        message: commandReason('not-connected', { device: deviceId }),
        nextStep: 'It is tried again until the command expires; look at the device and its network.',
      });
}

function connectionEnded(deviceId: string): AndonError {
  return new AndonError({
    code: 'mqtt-broker.connection-ended',
    message: commandReason('connection-ended', { device: deviceId }),
    nextStep: 'It is tried again until the command expires.',
  });
}

function notAcknowledged(deviceId: string): AndonError {
  return new AndonError({
    code: 'mqtt-broker.command-not-acknowledged',
    message: commandReason('not-acknowledged', { device: deviceId }),
    nextStep: 'It is tried again until the command expires; look whether the device still works.',
  });
}
