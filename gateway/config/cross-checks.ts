import type {
  AlertRule,
  DeviceDefinition,
  GatewayConfiguration,
  LocalAction,
  ModbusRtuConnector,
  SerialLineConnector,
} from '@andon/shared/contracts';
import type { KeyPath } from './mistakes.ts';

type ConnectorSettings = ModbusRtuConnector | SerialLineConnector;
type Tell = (path: KeyPath, message: string) => void;

interface Service {
  readonly connector: string;
  readonly signals: ReadonlySet<string>;
  readonly writable: ReadonlySet<string>;
}

/** What no schema can say: names that must be unique, and names that must mean something. */
export function crossCheck(configuration: GatewayConfiguration, tell: Tell): void {
  const devices = configuration.devices ?? [];
  tellRepeated(devices, (device) => device.id, ['devices'], 'id', 'the device', tell);
  const connectors = configuration.connectors ?? [];
  tellRepeated(connectors, (connector) => connector.name, ['connectors'], 'name', 'the connector', tell);
  tellRepeatedPorts(connectors, tell);
  const services = new Map<string, Service>();
  const known = new Set(devices.map((device) => device.id));
  for (const [index, connector] of connectors.entries()) {
    for (const { deviceId, path, service } of servicesOf(connector, ['connectors', index])) {
      const other = services.get(deviceId);
      if (!known.has(deviceId)) {
        tell(path, `names the device ${deviceId}, which is not among the devices`);
      } else if (other) {
        tell(path, `names the device ${deviceId}, which is served by ${other.connector} already`);
      }
      services.set(deviceId, other ?? service);
    }
    checkConnector(connector, ['connectors', index], tell);
  }
  for (const [index, device] of devices.entries()) {
    checkDevice(device, ['devices', index], services, tell);
  }
}

function tellRepeated<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string | number,
  path: KeyPath,
  key: string,
  what: string,
  tell: Tell,
): void {
  const seen = new Map<string | number, number>();
  for (const [index, item] of items.entries()) {
    const name = nameOf(item);
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, index);
    } else {
      tell([...path, index, key], `repeats ${what} ${name} of entry ${first + 1}`);
    }
  }
}

function tellRepeatedPorts(connectors: readonly ConnectorSettings[], tell: Tell): void {
  const seen = new Map<string, string>();
  for (const [index, { port, name }] of connectors.entries()) {
    const other = seen.get(port.path);
    if (other !== undefined) {
      tell(['connectors', index, 'port', 'path'], `is the port of ${other} already`);
    }
    seen.set(port.path, name);
  }
}

function servicesOf(connector: ConnectorSettings, path: KeyPath) {
  if (connector.type === 'serial-line') {
    const signals = new Set(connector.fields.map((field) => field.signal));
    const writable = new Set(Object.keys(connector.templates ?? {}));
    const service: Service = { connector: connector.name, signals, writable };
    return [{ deviceId: connector.deviceId, path: [...path, 'deviceId'], service }];
  }
  return connector.slaves.map((slave, index) => ({
    deviceId: slave.deviceId,
    path: [...path, 'slaves', index, 'deviceId'],
    service: {
      connector: connector.name,
      signals: new Set(slave.points.map((point) => point.signal)),
      writable: new Set(slave.points.filter((point) => point.writable).map((point) => point.signal)),
    } satisfies Service,
  }));
}

function checkConnector(connector: ConnectorSettings, path: KeyPath, tell: Tell): void {
  if (connector.type === 'serial-line') {
    const signals = new Set(connector.fields.map((field) => field.signal));
    tellRepeated(
      connector.fields,
      (field) => field.signal,
      [...path, 'fields'],
      'signal',
      'the signal',
      tell,
    );
    checkSignalNames(connector, signals, path, tell);
    return;
  }
  const slavesPath = [...path, 'slaves'];
  tellRepeated(connector.slaves, (slave) => slave.unitId, slavesPath, 'unitId', 'the unit', tell);
  for (const [index, slave] of connector.slaves.entries()) {
    const slavePath = [...slavesPath, index];
    const signals = new Set(slave.points.map((point) => point.signal));
    tellRepeated(
      slave.points,
      (point) => point.signal,
      [...slavePath, 'points'],
      'signal',
      'the signal',
      tell,
    );
    checkSignalNames(slave, signals, slavePath, tell);
    for (const [pointIndex, point] of slave.points.entries()) {
      if (point.writable && (point.table === 'discrete-input' || point.table === 'input-register')) {
        tell([...slavePath, 'points', pointIndex, 'writable'], `is not possible in the table ${point.table}`);
      }
    }
    const rebootPoint = slave.points.find((point) => point.signal === slave.reboot?.point);
    if (slave.reboot && !rebootPoint?.writable) {
      tell([...slavePath, 'reboot', 'point'], `names ${slave.reboot.point}, which is no writable point`);
    }
  }
}

function checkSignalNames(
  names: { bootIdSignal?: string; firmwareSignal?: string },
  signals: ReadonlySet<string>,
  path: KeyPath,
  tell: Tell,
): void {
  for (const key of ['bootIdSignal', 'firmwareSignal'] as const) {
    const name = names[key];
    if (name !== undefined && !signals.has(name)) {
      tell([...path, key], `names the signal ${name}, which is not read here`);
    }
  }
}

function checkDevice(
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
    checkRule(rule, rulePath, tell);
    const service = services.get(device.id);
    if (service && !service.signals.has(rule.signal)) {
      tell([...rulePath, 'signal'], `names ${rule.signal}, which ${service.connector} does not read`);
    }
    for (const key of ['onAlert', 'onClear'] as const) {
      checkAction(rule[key], device, [...rulePath, key], services, tell);
    }
  }
}

function checkRule(rule: AlertRule, path: KeyPath, tell: Tell): void {
  if (!rule.limits && !rule.errorCodes && !rule.stale) {
    tell(path, 'says nothing: it needs limits, errorCodes or stale');
  }
  const order = (['lolo', 'lo', 'hi', 'hihi'] as const).filter((name) => rule.limits?.[name]);
  for (const [index, upper] of order.entries()) {
    const lower = order[index - 1];
    const upperSetpoint = rule.limits?.[upper]?.setpoint;
    const lowerSetpoint = lower && rule.limits?.[lower]?.setpoint;
    if (upperSetpoint !== undefined && lowerSetpoint !== undefined && upperSetpoint <= lowerSetpoint) {
      tell([...path, 'limits', upper, 'setpoint'], `must be above that of ${lower}, ${lowerSetpoint}`);
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
  } else if (!service.writable.has(action.point)) {
    tell([...path, 'point'], `names ${action.point}, which is no writable point of ${target}`);
  }
}
