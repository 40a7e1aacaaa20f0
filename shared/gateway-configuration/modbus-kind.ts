import type { ModbusRtuConnector } from '../contracts/index.ts';
import type { ConnectorKind } from './connector-kind.ts';
import type { KeyPath, Tell } from './mistakes.ts';
import { tellRepeated, tellUnknownSignals } from './names.ts';

type Slave = ModbusRtuConnector['slaves'][number];

export const modbusRtuKind: ConnectorKind<ModbusRtuConnector> = {
  services: (connector) =>
    connector.slaves.map((slave, index) => ({
      deviceId: slave.deviceId,
      path: ['slaves', index, 'deviceId'],
      signals: new Set(slave.points.map((point) => point.signal)),
      writable: new Set(slave.points.filter((point) => point.writable).map((point) => point.signal)),
    })),
  exclusives: ({ port }) => [{ name: port.path, path: ['port', 'path'] }],
  check(connector, path, tell) {
    const slavesPath = [...path, 'slaves'];
    tellRepeated(connector.slaves, (slave) => slave.unitId, slavesPath, 'unitId', 'the unit', tell);
    for (const [index, slave] of connector.slaves.entries()) {
      checkSlave(slave, [...slavesPath, index], tell);
    }
  },
};

function checkSlave(slave: Slave, path: KeyPath, tell: Tell): void {
  tellRepeated(slave.points, (point) => point.signal, [...path, 'points'], 'signal', 'the signal', tell);
  tellUnknownSignals(slave, new Set(slave.points.map((point) => point.signal)), path, tell);
  for (const [index, point] of slave.points.entries()) {
    if (point.writable && (point.table === 'discrete-input' || point.table === 'input-register')) {
      tell([...path, 'points', index, 'writable'], `is not possible in the table ${point.table}`);
    }
  }
  const rebootPoint = slave.points.find((point) => point.signal === slave.reboot?.point);
  if (slave.reboot && !rebootPoint?.writable) {
    tell([...path, 'reboot', 'point'], `names ${slave.reboot.point}, which is no writable point`);
  }
}
