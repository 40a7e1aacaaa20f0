import type { ModbusRtuConnector, ModbusTcpConnector } from '@andon/shared/contracts';
import { pointsOf, rateGroups, rateText } from '@andon/shared/modbus-plan';
import { type OpenBytePipe, openBytePipe } from '../../byte-pipe/index.ts';
import type { ConnectorContext, RawMessage } from '../../connector.ts';
import type { ConnectorShell } from '../../shell.ts';
import { createModbusConnector } from '../index.ts';
import { ObservedAges, SlaveMeasurements } from './measurements.ts';

/** What was heard of a bus. */
export interface Heard {
  readonly settings: ModbusRtuConnector | ModbusTcpConnector;
  readonly listenedMilliseconds: number;
  /** By unit. */
  readonly slaves: ReadonlyMap<number, SlaveMeasurements>;
  /** By `ageKey`. */
  readonly ages: ObservedAges;
  /** How the line was at the end. */
  readonly detail: string;
  readonly counters: Readonly<Record<string, number>>;
}

export const ageKey = (deviceId: string, rate: string): string => `${deviceId} ${rate}`;

/** Polls a bus for so long as the gateway would, and measures. Resolves early where `ended` does. */
export async function listen(
  settings: ModbusRtuConnector | ModbusTcpConnector,
  milliseconds: number,
  shell: ConnectorShell,
  ended: Promise<unknown>,
  openPipe: OpenBytePipe = openBytePipe,
): Promise<Heard> {
  const slaves = new Map(settings.slaves.map(({ unitId }) => [unitId, new SlaveMeasurements()]));
  const ages = new ObservedAges();
  const rates = ratesOf(settings);
  const context = listeningContext((message) => {
    const good = message.values.filter(({ badReason }) => badReason === undefined);
    const keys = new Set(good.map(({ signal }) => rates.get(ageKey(message.deviceId, signal))));
    for (const rate of keys) {
      ages.came(ageKey(message.deviceId, rate ?? ''), shell.clock.monotonic());
    }
  });
  const connector = createModbusConnector(settings, context, shell, openPipe, {
    measure: (unitId, outcome, held) => slaves.get(unitId)?.add(outcome, held),
  });
  const begin = shell.clock.monotonic();
  await connector.start();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([over, ended]);
  clearTimeout(timer);
  const listenedMilliseconds = shell.clock.monotonic() - begin;
  const { detail, counters } = connector.health();
  await connector.stop();
  return { settings, listenedMilliseconds, slaves, ages, detail, counters };
}

/** The rate of each signal. */
function ratesOf(settings: ModbusRtuConnector | ModbusTcpConnector): Map<string, string> {
  return new Map(
    settings.slaves.flatMap((slave) =>
      rateGroups(pointsOf(slave), slave.pollMilliseconds).flatMap(({ rate, points }) =>
        points.map(({ signal }): [string, string] => [ageKey(slave.deviceId, signal), rateText(rate)]),
      ),
    ),
  );
}

/** Takes what is read, and keeps nothing of it. */
function listeningContext(heard: (message: RawMessage) => void): ConnectorContext {
  return {
    ingest: async (message) => heard(message),
    reject: () => undefined,
    deviceStatus: async () => undefined,
    commandResult: async () => undefined,
    device: () => undefined,
  };
}
