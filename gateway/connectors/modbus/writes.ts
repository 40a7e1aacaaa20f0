import {
  type Command,
  commandReason,
  type ModbusPoint,
  mayBeRepeated,
  plainParameter,
  type SignalValue,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { Request } from './pdu.ts';
import type { SlaveSettings } from './slave.ts';
import type { Outcome } from './transport.ts';
import { encodeRegisters, isOn } from './values.ts';

export interface PointWrite {
  readonly point: string;
  readonly value: SignalValue;
}

/** The request that writes a value. Throws where the point may not be written or the value does not fit. */
export function writeRequest(slave: SlaveSettings, { point: name, value }: PointWrite): Request {
  const point = slave.points.find((candidate) => candidate.signal === name);
  if (point === undefined || !isWritable(point)) {
    throw new AndonError({
      code: 'modbus.not-writable',
      message: commandReason('not-writable', { device: slave.deviceId, point: name }),
      nextStep: 'Name a coil or holding register of the configuration that says writable: true.',
      field: 'point',
    });
  }
  const alwaysMultiple = slave.multipleWritesOnly === true;
  if (point.table === 'coil') {
    const on = isOn(value, point);
    return alwaysMultiple
      ? { kind: 'write-coils', address: point.address, values: [on] }
      : { kind: 'write-coil', address: point.address, value: on };
  }
  const [first = 0, ...others] = encodeRegisters(value, point);
  return others.length === 0 && !alwaysMultiple
    ? { kind: 'write-register', address: point.address, value: first }
    : { kind: 'write-registers', address: point.address, values: [first, ...others] };
}

/** The request, or why the device can never do it: trying such a command again would not help. */
export function writeOrRefusal(slave: SlaveSettings, write: PointWrite): Request | string {
  try {
    return writeRequest(slave, write);
  } catch (error) {
    if (error instanceof AndonError) {
      return `${error.code}: ${error.message}`;
    }
    throw error;
  }
}

const isWritable = (point: ModbusPoint): boolean =>
  point.writable === true && (point.table === 'coil' || point.table === 'holding-register');

/**
 * What a command writes: `reboot` as the slave's configuration says; any other name is that of a writable point,
 * with the parameter `value`. Undefined where it is neither.
 */
export function commandWrite(slave: SlaveSettings, command: Command): PointWrite | undefined {
  if (command.name === 'reboot') {
    return slave.reboot;
  }
  const named = slave.points.find(({ signal }) => signal === command.name);
  return named !== undefined && isWritable(named)
    ? { point: named.signal, value: plainParameter(command.parameters, 'value') ?? null }
    : undefined;
}

export type CommandOutcome = {
  readonly status: 'delivered' | 'succeeded' | 'failed' | 'rejected';
  readonly reason?: string;
};

const refusals: ReadonlyMap<number, 'exception-function' | 'exception-address' | 'exception-value'> = new Map(
  [
    [1, 'exception-function'],
    [2, 'exception-address'],
    [3, 'exception-value'],
  ],
);

/**
 * What became of a command that was written. A reboot that was sent counts as delivered also without a good answer:
 * a device may reboot before it answers, and its line may go with it; its boot id tells the rest. Anything else that
 * may not be repeated has then failed, for nothing more will be heard of it. Throws where it may be sent again.
 */
export function commandOutcome(command: Command, outcome: Outcome): CommandOutcome {
  const rebooting = command.name === 'reboot';
  if ('response' in outcome) {
    if (outcome.response.kind !== 'exception') {
      return { status: rebooting ? 'delivered' : 'succeeded' };
    }
    const { code } = outcome.response;
    const meaning = refusals.get(code);
    return meaning === undefined
      ? { status: 'failed', reason: commandReason('exception-other', { code }) }
      : { status: 'rejected', reason: commandReason(meaning, { code }) };
  }
  if (!outcome.sent || mayBeRepeated(command)) {
    throw noAnswer(command.deviceId, outcome.failure);
  }
  return {
    status: rebooting ? 'delivered' : 'failed',
    reason: commandReason('unconfirmed-answer', { failure: outcome.failure }),
  };
}

export function noAnswer(deviceId: string, failure: string): AndonError {
  return new AndonError({
    code: 'modbus.no-answer',
    message: commandReason('no-good-answer', { device: deviceId, failure }),
    nextStep: 'Look at its power, wiring and unit id; a command is tried again until it expires.',
    details: { failure },
  });
}
