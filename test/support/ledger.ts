/**
 * What was sent against what arrived. A LedgerDevice publishes values that are each sent once and never again, and
 * notes which of them its gateway acknowledged; afterwards the rows of the database are held against that.
 */
import { compileRule, evaluateReading, idleState, type RuleState } from '@andon/shared/alert-rules';
import { type AlertRule, type AlertTransition, topics } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import mqtt, { type MqttClient } from 'mqtt';
import type { House } from './processes.ts';
import type { DeviceCredentials } from './story.ts';
import { eventually } from './wait.ts';

const tickMilliseconds = 20;
const inFlightMax = 500;
/** Added to each value as often as there were values before it, so that no two are the same. */
const valueStep = 1e-6;

export interface LedgerDeviceOptions {
  readonly url: string;
  readonly credentials: DeviceCredentials;
  readonly signal: string;
  readonly perSecond: number;
  /** The whole number that value number `serial` is near to. */
  readonly shape: (serial: number) => number;
  /** What it answers to a command; undefined: it has no commands. */
  readonly answer?: { readonly status: string; readonly reason?: string };
}

/** A device that publishes with QoS 1, in a session that is kept, as mqtt.js does it. */
export class LedgerDevice {
  readonly id: string;
  /** Time by value, in the order in which they were first sent. */
  readonly sent = new Map<number, number>();
  readonly acknowledged = new Set<number>();
  /** Commands that arrived. */
  readonly commands: { id: string; name: string }[] = [];
  /** How often its connection was lost and made again. */
  reconnections = 0;
  readonly #options: LedgerDeviceOptions;
  #client: MqttClient;
  #timer: NodeJS.Timeout | undefined;
  #inFlight = 0;
  #due = 0;
  #serial = 0;
  #lastTime = 0;
  #onAcknowledged: () => void = () => undefined;
  #shape: (serial: number) => number;

  constructor(options: LedgerDeviceOptions) {
    this.id = options.credentials.deviceId;
    this.#options = options;
    this.#shape = options.shape;
    this.#client = this.#connect();
  }

  /** Publishes at its rate until `stop`. */
  run(): void {
    this.#timer = setInterval(() => {
      this.#due += (this.#options.perSecond * tickMilliseconds) / 1000;
      while (this.#due >= 1) {
        this.#due -= 1;
        if (this.#inFlight < inFlightMax) this.publish();
      }
    }, tickMilliseconds);
  }

  publish(): void {
    const value = this.#shape(this.#serial) + this.#serial * valueStep;
    this.#serial += 1;
    const ts = Math.max(systemClock.now(), this.#lastTime + 1);
    this.#lastTime = ts;
    this.sent.set(value, ts);
    this.#inFlight += 1;
    const client = this.#client;
    const payload = JSON.stringify({ ts, values: { [this.#options.signal]: value } });
    client.publish(topics.telemetry(this.id), payload, { qos: 1 }, (error) => {
      if (client !== this.#client) return;
      this.#inFlight -= 1;
      if (error) return;
      this.acknowledged.add(value);
      this.#onAcknowledged();
    });
  }

  /** Publishes so many at once; resolves in the moment in which any of its messages is acknowledged. */
  burst(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) this.publish();
    return new Promise((resolve) => {
      this.#onAcknowledged = resolve;
    });
  }

  /** From now on its values look otherwise. */
  reshape(shape: (serial: number) => number): void {
    this.#shape = shape;
  }

  /** Loses everything that it had in flight, as a device without a battery, and comes back. */
  powerCut(): void {
    this.#client.end(true);
    this.#inFlight = 0;
    this.#client = this.#connect();
  }

  /** Sends nothing new, and waits until everything in flight is acknowledged. */
  async stop(deadlineMilliseconds = 60_000): Promise<void> {
    clearInterval(this.#timer);
    await eventually(
      `${this.id} to have all its messages acknowledged`,
      () => this.#inFlight === 0,
      deadlineMilliseconds,
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }

  #connect(): MqttClient {
    const { url, credentials, answer } = this.#options;
    const client = mqtt.connect(url, {
      clientId: this.id,
      username: credentials.username,
      password: credentials.password,
      clean: false,
      reconnectPeriod: 100,
    });
    client.on('reconnect', () => {
      this.reconnections += 1;
    });
    // It connects again by itself; what it could not deliver is in the ledger.
    client.on('error', () => undefined);
    if (answer) {
      client.subscribe(topics.commands(this.id), { qos: 1 }, () => undefined);
      client.on('message', (topic, payload) => {
        const commandId = topic.split('/').at(-1) ?? '';
        this.commands.push({ id: commandId, name: JSON.parse(payload.toString()).name });
        client.publish(
          topics.commandResult(this.id, commandId),
          JSON.stringify(answer),
          { qos: 1 },
          () => undefined,
        );
      });
    }
    return client;
  }
}

/** Waits until all of them together have got so many more acknowledgements. */
export async function moreAcknowledged(devices: readonly LedgerDevice[], count: number): Promise<void> {
  const total = () => devices.reduce((sum, device) => sum + device.acknowledged.size, 0);
  const target = total() + count;
  await eventually(`${count} more acknowledgements`, () => total() >= target, 60_000);
}

export interface StoredReading {
  readonly value: number;
  readonly sourceTime: number;
  readonly quality: number;
}

/** Every reading of a signal in the database, in the order in which they were stored. */
export async function storedReadings(
  house: House,
  deviceId: string,
  signal: string,
): Promise<StoredReading[]> {
  return house.query<{ value: number; sourceTime: number; quality: number }>(
    `select readings.value, readings.quality,
        (extract(epoch from readings.source_time) * 1000)::float8 as "sourceTime"
      from readings join telemetry_signals on telemetry_signals.id = readings.signal_id
      where device_id = $1 and name = $2 order by readings.id`,
    [deviceId, signal],
  );
}

export interface Discrepancies {
  /** Acknowledged to the device, but not stored. */
  readonly lost: number[];
  readonly storedTwice: number[];
  /** Stored, but never sent, or with another time. */
  readonly foreign: number[];
  /** Stored after one that was sent later. */
  readonly outOfOrder: number[];
}

export const noDiscrepancies: Discrepancies = { lost: [], storedTwice: [], foreign: [], outOfOrder: [] };

export function compareLedger(device: LedgerDevice, stored: readonly StoredReading[]): Discrepancies {
  const seen = new Set<number>();
  const storedTwice: number[] = [];
  const foreign: number[] = [];
  const outOfOrder: number[] = [];
  let latest = 0;
  for (const { value, sourceTime } of stored) {
    if (seen.has(value)) storedTwice.push(value);
    seen.add(value);
    if (device.sent.get(value) !== sourceTime) foreign.push(value);
    if (sourceTime < latest) outOfOrder.push(value);
    latest = Math.max(latest, sourceTime);
  }
  const lost = [...device.acknowledged].filter((value) => !seen.has(value));
  return { lost, storedTwice, foreign, outOfOrder };
}

/** One line for each transition of each occurrence, whatever ids the occurrences have. */
export type Occurrences = string[];

const line = (transition: {
  number: number;
  transition: string;
  state: string;
  value: unknown;
  sourceTime: number;
}) =>
  `${transition.number} ${transition.transition} ${transition.state} ${transition.value} @${transition.sourceTime}`;

/** What the pure rules give over these readings, in this order. */
export function expectedOccurrences(rule: AlertRule, deviceId: string, stored: readonly StoredReading[]) {
  const compiled = compileRule(rule);
  let state: RuleState = idleState;
  let ids = 0;
  const transitions: AlertTransition[] = [];
  for (const { value, sourceTime } of stored) {
    const reading = {
      type: 'reading',
      deviceId,
      signal: rule.signal,
      value,
      quality: 'GOOD',
      sourceTime,
      gatewayTime: sourceTime,
      clockState: 'SYNCHRONIZED',
      historical: false,
    } as const;
    const step = evaluateReading(compiled, state, reading, () => `occurrence-${++ids}`);
    if (step) {
      state = step.state;
      transitions.push(...step.transitions);
    }
  }
  return inOccurrences(transitions);
}

/** What stands on the device's record. */
export async function recordedOccurrences(house: House, deviceId: string): Promise<Occurrences> {
  const transitions = await house.query<{
    alertId: string;
    number: number;
    transition: string;
    state: string;
    value: number;
    sourceTime: number;
  }>(
    `select alert_id as "alertId", number, transition, alert_transitions.state, alert_transitions.value,
        (extract(epoch from source_time) * 1000)::float8 as "sourceTime"
      from alert_transitions join alerts on alerts.id = alert_id
      where device_id = $1 order by alert_id, number`,
    [deviceId],
  );
  return inOccurrences(transitions);
}

function inOccurrences(
  transitions: readonly {
    alertId: string;
    number: number;
    transition: string;
    state: string;
    value: unknown;
    sourceTime: number;
  }[],
): Occurrences {
  const groups = Map.groupBy(transitions, ({ alertId }) => alertId);
  return [...groups.values()].map((steps) => steps.map(line).join(', ')).sort();
}
