import type { ModbusRtuConnector, ModbusTcpConnector } from '@andon/shared/contracts';
import {
  baudRateDefault,
  bitsPerCharacter,
  frameBytesOf,
  type LineLoad,
  lineLoad,
  percent,
  type ReadBlock,
  readMilliseconds,
  requestTimeoutOf,
  type SlaveLoad,
  type Turn,
  type WireTiming,
  worstAgeMilliseconds,
} from '@andon/shared/modbus-plan';

/** What the plan of a connector comes to: lines for a person, and whether it can fit. */
export interface PlanReport {
  readonly lines: readonly string[];
  readonly fits: boolean;
}

export const millisecondsText = (milliseconds: number): string => `${milliseconds.toFixed(1)} ms`;

export function planReport(settings: ModbusRtuConnector | ModbusTcpConnector): PlanReport {
  return settings.type === 'modbus-rtu' ? linePlan(settings) : hostPlan(settings);
}

function linePlan(settings: ModbusRtuConnector): PlanReport {
  const { port, name } = settings;
  const load = lineLoad(settings);
  const { characterMilliseconds, gapMilliseconds, turnaroundMilliseconds } = load.timing;
  const { baudRate = baudRateDefault } = port;
  const turnaround = turnaroundMilliseconds > 0 ? `, and ${turnaroundMilliseconds} ms of turnaround` : '';
  const fits = load.share <= 1;
  return {
    fits,
    lines: [
      `${name}: ${port.path}, ${baudRate} baud`,
      `  a character: ${bitsPerCharacter(port)} bits / ${baudRate} baud = ${characterMilliseconds.toFixed(3)} ms`,
      `  between two frames: ${gapMilliseconds.toFixed(3)} ms${turnaround}`,
      ...load.slaves.flatMap((slave) => slaveLines(slave, load.timing)),
      `  together: ${percent(load.share)} of the line’s time, if every slave answers at once`,
      ...(fits ? headroomLines(load) : ['  This plan cannot fit.']),
      ...ageLines(load, settings),
    ],
  };
}

function slaveLines(slave: SlaveLoad, timing: WireTiming): string[] {
  return [
    `  slave ${slave.unitId} (${slave.deviceId})`,
    ...slave.turns.flatMap((turn) => turnLines(turn, timing)),
  ];
}

function turnLines(turn: Turn, timing: WireTiming): string[] {
  return [
    `    ${turn.label}: ${turn.perSecond.toFixed(3)} times a second`,
    ...turn.blocks.map((block) => `      ${blockText(block)}: ${sumText(block, timing)}`),
    `      ${millisecondsText(turn.milliseconds)} × ${turn.perSecond.toFixed(3)}/s = ${percent(turn.share)}`,
  ];
}

function blockText({ table, address, quantity }: ReadBlock): string {
  return quantity === 1 ? `${table} ${address}` : `${table} ${address} to ${address + quantity - 1}`;
}

function sumText(block: ReadBlock, timing: WireTiming): string {
  const { request, answer } = frameBytesOf(block);
  const turnaround = timing.turnaroundMilliseconds > 0 ? ` + ${timing.turnaroundMilliseconds} ms` : '';
  return (
    `(${request} + ${answer}) bytes × ${timing.characterMilliseconds.toFixed(3)} ms + ` +
    `2 × ${timing.gapMilliseconds.toFixed(3)} ms${turnaround} = ${millisecondsText(readMilliseconds(block, timing))}`
  );
}

const requestsPerSecond = (slaves: readonly SlaveLoad[]): number =>
  slaves.flatMap(({ turns }) => turns).reduce((sum, turn) => sum + turn.blocks.length * turn.perSecond, 0);

/** How long slaves may think before the line is full. */
function headroomLines(load: LineLoad): string[] {
  const requests = requestsPerSecond(load.slaves);
  if (requests === 0) {
    return [];
  }
  const perRequest = ((1 - load.share) * 1000) / requests;
  return [
    `  room: ${requests.toFixed(2)} requests a second, so slaves may take ${millisecondsText(perRequest)} each ` +
      'on average before the line is full (--listen measures what they take)',
  ];
}

function ageLines({ slaves }: LineLoad, settings: ModbusRtuConnector): string[] {
  const turns = slaves.map(({ longestMilliseconds }) => longestMilliseconds);
  const timeout = Math.max(...settings.slaves.map((slave) => requestTimeoutOf(settings, slave)));
  return [
    `  the oldest that a value gets, if every slave answers at once (while one is dead, now and then ${timeout} ms more):`,
    ...slaves.flatMap(({ deviceId, groups }) =>
      groups.map(({ label, periodMilliseconds, signals }) => {
        const age = worstAgeMilliseconds(periodMilliseconds, turns);
        return `    ${deviceId}, ${label}: ${millisecondsText(age)} (${signals.length} signals)`;
      }),
    ),
  ];
}

/** A connection has no baud rate to fill; what its host takes can only be measured. */
function hostPlan(settings: ModbusTcpConnector): PlanReport {
  // The plan of reads is that of a line, only its times are not.
  const { slaves } = lineLoad({ ...settings, port: { path: settings.host } });
  const requests = requestsPerSecond(slaves);
  return {
    fits: true,
    lines: [
      `${settings.name}: ${settings.host}, Modbus TCP, ${settings.inFlightMax ?? 1} under way at most`,
      ...slaves.flatMap(({ unitId, deviceId, turns }) => [
        `  unit ${unitId} (${deviceId})`,
        ...turns.map(
          ({ label, blocks, perSecond }) =>
            `    ${label}: ${blocks.length} requests, ${perSecond.toFixed(3)} times a second`,
        ),
      ]),
      `  together: ${requests.toFixed(2)} requests a second; what the host takes is measured with --listen`,
    ],
  };
}
