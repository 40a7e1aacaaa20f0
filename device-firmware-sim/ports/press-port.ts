import { type DeviceCommandResult, topics } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import mqtt, { type MqttClient } from 'mqtt';
import type { Device, PressValues } from '../firmware/index.ts';
import { inTime } from './in-time.ts';
import { type PressCommand, readPressCommand } from './press-command.ts';
import { pressSettingsAtFirst, settingsFrom } from './press-settings.ts';

export interface MqttConnection {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

export interface PressPortOptions {
  readonly device: Device<PressValues>;
  readonly connection: MqttConnection;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

const reconnectMilliseconds = 500;
/** A device has little memory: what the broker does not take in time is lost, and live values age quickly. */
const unacknowledgedMax = 8;
/** A reboot waits no longer than this for its own answers to be acknowledged. */
const goodbyeMilliseconds = 500;
const commandsRememberedMax = 32;

/** The press on MQTT, under its own credentials. Without power its connection just breaks, and its last will speaks. */
export class PressPort {
  readonly #options: PressPortOptions;
  #timer: NodeJS.Timeout;
  #settings = pressSettingsAtFirst;
  /** Last answer by command, so that one delivered twice is answered twice and carried out once. */
  readonly #answered = new Map<string, DeviceCommandResult>();
  #client: MqttClient;
  #unacknowledged = 0;
  #lastProblem = '';

  constructor(options: PressPortOptions) {
    this.#options = options;
    this.#client = this.#connect();
    options.device.listen({
      wentDown: () => this.#client.end(true),
      booted: () => {
        this.#client = this.#connect();
      },
    });
    this.#timer = this.#startReporting();
  }

  #startReporting(): NodeJS.Timeout {
    return setInterval(() => this.#report(), this.#settings.reportInterval * 1000);
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#client.connected) {
      this.#client.end(true);
      return;
    }
    // A goodbye in order takes the last will back, so it has to be said.
    const goodbye = this.#client.publishAsync(topics.status(this.#options.device.id), '{"connected":false}', {
      qos: 1,
      retain: true,
    });
    await inTime(goodbye, goodbyeMilliseconds);
    await this.#client.endAsync(true);
  }

  #connect(): MqttClient {
    const { device, connection, log } = this.#options;
    const status = topics.status(device.id);
    const client = mqtt.connect(connection.url, {
      clientId: device.id,
      username: connection.username,
      password: connection.password,
      clean: true,
      keepalive: 10,
      reconnectPeriod: reconnectMilliseconds,
      reconnectOnConnackError: true,
      queueQoSZero: false,
      will: { topic: status, payload: Buffer.from('{"connected":false}'), qos: 1, retain: true },
    });
    this.#unacknowledged = 0;
    client.on('connect', () => {
      this.#lastProblem = '';
      log(`${device.id} is connected to ${connection.url} as ${connection.username}, boot ${device.bootId}`);
      this.#tellState();
      client.subscribe([topics.commands(device.id), topics.desired(device.id)], { qos: 1 }, (error) => {
        if (error) log(`${device.id} may not take commands: ${error.message}`);
      });
    });
    client.on('error', (error) => this.#tellOnce(error.message || error.name));
    client.on('message', (topic, payload) => {
      if (topic === topics.desired(device.id)) {
        this.#takeSettings(payload);
      } else {
        void this.#handle(topic, payload);
      }
    });
    return client;
  }

  #tellState(): void {
    const { device } = this.#options;
    const { bootId, firmware } = device;
    const state = { connected: true, bootId, firmware, reported: this.#settings };
    void this.#send(topics.status(device.id), state, { retain: true });
  }

  /** Does as it is asked where it can, and says what it is set to now. */
  #takeSettings(payload: Buffer): void {
    const before = this.#settings;
    this.#settings = settingsFrom(payload, before);
    if (this.#settings.reportInterval !== before.reportInterval) {
      clearInterval(this.#timer);
      this.#timer = this.#startReporting();
      this.#tellState();
    }
  }

  /** A broker that is away is tried twice a second; one line about it is enough. */
  #tellOnce(problem: string): void {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    this.#options.log(`${this.#options.device.id} is not connected: ${problem}`);
  }

  #report(): void {
    const { device, clock } = this.#options;
    if (!this.#client.connected || this.#unacknowledged >= unacknowledgedMax) return;
    void this.#send(topics.telemetry(device.id), {
      ts: clock.now(),
      bootId: device.bootId,
      values: device.measure(),
    });
  }

  /** Resolves when the broker has it, or when it is lost. */
  async #send(topic: string, payload: object, options: { retain?: boolean } = {}): Promise<void> {
    const client = this.#client;
    this.#unacknowledged += 1;
    try {
      await client.publishAsync(topic, JSON.stringify(payload), { qos: 1, retain: options.retain ?? false });
    } catch (error) {
      this.#tellOnce(error instanceof Error ? error.message : String(error));
    }
    if (client === this.#client) this.#unacknowledged -= 1;
  }

  async #handle(topic: string, payload: Buffer): Promise<void> {
    const { device, log } = this.#options;
    const command = readPressCommand(device.id, topic, payload);
    if (!command) {
      log(`${device.id} got something that is no command on ${topic}`);
      return;
    }
    const before = this.#answered.get(command.id);
    if (before) {
      await this.#answer(command.id, before);
      return;
    }
    const refusal = this.#refusal(command);
    if (refusal) {
      await this.#answer(command.id, { status: 'rejected', reason: refusal });
      return;
    }
    log(`${device.id} reboots for command ${command.id}`);
    const answers = [
      this.#answer(command.id, { status: 'accepted' }),
      this.#answer(command.id, { status: 'executing' }),
    ];
    await inTime(Promise.all(answers), goodbyeMilliseconds);
    device.reboot();
  }

  #refusal(command: PressCommand): string | undefined {
    if (command.name !== 'reboot') return `unknown-command: this firmware has no "${command.name}"`;
    if (command.expiresAt !== undefined && command.expiresAt <= this.#options.clock.now()) {
      return 'expired: it came too late';
    }
    return undefined;
  }

  #answer(commandId: string, result: DeviceCommandResult): Promise<void> {
    this.#answered.set(commandId, result);
    const oldest = this.#answered.keys().next().value;
    if (this.#answered.size > commandsRememberedMax && oldest !== undefined) this.#answered.delete(oldest);
    return this.#send(topics.commandResult(this.#options.device.id, commandId), result);
  }
}
