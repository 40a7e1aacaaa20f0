import { isDeepStrictEqual } from 'node:util';
import type { ConnectorConfiguration, GatewayConfiguration } from '@andon/shared/contracts';
import { brokerName, servicesOf } from '@andon/shared/gateway-configuration';

/** Under this name all devices stand that speak to the gateway's own broker. */
const brokerLine = 'mqtt';
/** A device that speaks on two lines stays with the one on which it was heard within this time. */
const stayMilliseconds = 60_000;

const none: readonly string[] = [];

interface Heard {
  readonly connector: string;
  /** By the monotonic clock. */
  at: number;
}

/**
 * Which devices share a line: those of one connector, and those of the broker. Whom the configuration does not name,
 * because a mapping takes devices by pattern, is of the line on which it was heard.
 */
export class Lines {
  #named = new Map<string, string>();
  #connectors = new Set<string>();
  /** Some connector takes devices that the configuration does not name. */
  #takesOthers = false;
  #hasBroker = false;
  readonly #heard: Map<string, Heard>;
  #moved: string[] = [];

  /** `heardOn`: on which connector devices were heard before the start. */
  constructor(configuration: GatewayConfiguration, heardOn: Iterable<readonly [string, string]> = []) {
    const at = Number.NEGATIVE_INFINITY;
    this.#heard = new Map([...heardOn].map(([deviceId, connector]) => [deviceId, { connector, at }]));
    this.replace(configuration);
  }

  /** Gives whether devices may be of other lines than before. */
  replace({ connectors = [], mqttBroker }: GatewayConfiguration): boolean {
    const before = [this.#named, this.#connectors, this.#hasBroker];
    this.#named = new Map(
      [...connectors.flatMap(mappedDevices), ...connectors.flatMap(servedDevices)].map(
        ({ deviceId, connector }) => [deviceId, connector],
      ),
    );
    this.#connectors = new Set(connectors.map(({ name }) => name));
    this.#takesOthers = connectors.some(({ type }) => type === 'mqtt-client');
    this.#hasBroker = mqttBroker !== undefined && mqttBroker.enabled !== false;
    return !isDeepStrictEqual(before, [this.#named, this.#connectors, this.#hasBroker]);
  }

  lineOf(deviceId: string): string | undefined {
    const named = this.#named.get(deviceId);
    if (named !== undefined) return named;
    const heard = this.#heard.get(deviceId)?.connector;
    return heard !== undefined && this.#connectors.has(heard)
      ? heard
      : this.#hasBroker
        ? brokerLine
        : undefined;
  }

  /** A device said something over a connector; gives whether that is news to be kept. `now` is monotonic. */
  heard(deviceId: string, connector: string, now: number): boolean {
    if (!this.#takesOthers || this.#named.has(deviceId)) return false;
    const last = this.#heard.get(deviceId);
    if (last?.connector === connector) {
      last.at = now;
      return false;
    }
    const isKept =
      last !== undefined && (this.#connectors.has(last.connector) || last.connector === brokerName);
    if (isKept && now - last.at < stayMilliseconds) return false;
    this.#heard.set(deviceId, { connector, at: now });
    this.#moved.push(deviceId);
    return true;
  }

  /** The devices that were heard on another line since this was asked last. */
  takeMoved(): readonly string[] {
    if (this.#moved.length === 0) return none;
    const moved = this.#moved;
    this.#moved = [];
    return moved;
  }
}

interface Named {
  readonly deviceId: string;
  readonly connector: string;
}

const servedDevices = (settings: ConnectorConfiguration): Named[] =>
  servicesOf(settings).map(({ deviceId }) => ({ deviceId, connector: settings.name }));

/** Those that mappings name in full. */
function mappedDevices(settings: ConnectorConfiguration): Named[] {
  const { mappings = [] } = settings.type === 'mqtt-client' ? settings : {};
  const ids = mappings.flatMap(({ device, deviceNames = {} }) => [
    ...(device.includes('{') || Object.hasOwn(deviceNames, device) ? [] : [device]),
    ...Object.values(deviceNames),
  ]);
  return ids.map((deviceId) => ({ deviceId, connector: settings.name }));
}
