import {
  isDeviceServer,
  type ModbusPoint,
  type ModbusRtuConnector,
  type ModbusSlave,
  type ModbusTcpConnector,
} from '../contracts/index.ts';
import { cronMistake, lineLoad, overload } from '../modbus-plan/index.ts';
import type { ConnectorKind, ServedDevice } from './connector-kind.ts';
import type { KeyPath, Tell } from './mistakes.ts';
import { tellPointMistakes } from './modbus-points.ts';
import { tellRepeated, tellUnknownSignals } from './names.ts';
import { tellPortMistakes } from './serial-port-checks.ts';

export const modbusRtuKind: ConnectorKind<ModbusRtuConnector> = {
  services: ({ slaves }) => slaves.map(servedDevice),
  exclusives: ({ port }) => [{ name: port.path, path: ['port', 'path'] }],
  check(connector, path, tell) {
    tellPortMistakes(connector.port, [...path, 'port'], tell);
    tellRepeated(connector.slaves, ({ unitId }) => unitId, [...path, 'slaves'], 'unitId', 'the unit', tell);
    checkSlaves(connector, path, tell);
    // Behind a device server the baud rate is known only where it is written here.
    if (!isDeviceServer(connector.port.path) || connector.port.baudRate !== undefined) {
      const mistake = connector.slaves.every(isComplete) ? overload(lineLoad(connector)) : undefined;
      if (mistake !== undefined) {
        tell([...path, 'slaves'], mistake);
      }
    }
  },
};

/** Several devices may stand in one unit of a host, as in a controller that speaks for many machines. */
export const modbusTcpKind: ConnectorKind<ModbusTcpConnector> = {
  services: ({ slaves }) => slaves.map(servedDevice),
  exclusives: () => [],
  check: checkSlaves,
};

/** Are all points known? Those of a register map are not where its file cannot be read, as in the cloud. */
const isComplete = (slave: ModbusSlave): boolean =>
  slave.points?.every(({ cron }) => cron === undefined || cronMistake(cron) === undefined) === true;

function servedDevice({ deviceId, points }: ModbusSlave, index: number): ServedDevice {
  return {
    deviceId,
    path: ['slaves', index, 'deviceId'],
    signals: points && new Set(points.map(({ signal }) => signal)),
    writable: points && new Set(points.filter(({ writable }) => writable).map(({ signal }) => signal)),
  };
}

function checkSlaves(
  connector: Pick<ModbusTcpConnector, 'slaves' | 'timeZone'>,
  path: KeyPath,
  tell: Tell,
): void {
  const { slaves, timeZone } = connector;
  for (const [index, slave] of slaves.entries()) {
    checkSlave(slave, [...path, 'slaves', index], tell);
  }
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    tell([...path, 'timeZone'], `is ${timeZone}, which is no time zone, such as Europe/Lisbon`);
  }
}

function checkSlave(slave: ModbusSlave, path: KeyPath, tell: Tell): void {
  const { points, map, reboot } = slave;
  if (points === undefined) {
    if (map === undefined) {
      tell([...path, 'points'], 'is missing, and there is no map either');
    }
    return;
  }
  tellRepeated(points, ({ signal }) => signal, [...path, 'points'], 'signal', 'the signal', tell);
  tellUnknownSignals(slave, new Set(points.map(({ signal }) => signal)), path, tell);
  for (const [index, { from, to }] of (slave.forbidden ?? []).entries()) {
    if (to < from) {
      tell([...path, 'forbidden', index, 'to'], `must not be below from, ${from}`);
    }
  }
  for (const [index, point] of points.entries()) {
    tellPointMistakes(point, slave, [...path, 'points', index], tell);
  }
  if (reboot && !isWritable(points.find(({ signal }) => signal === reboot.point))) {
    tell([...path, 'reboot', 'point'], `names ${reboot.point}, which is no writable point`);
  }
}

const isWritable = (point: ModbusPoint | undefined): boolean => point?.writable === true;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}
