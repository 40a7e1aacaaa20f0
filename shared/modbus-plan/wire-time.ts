import type { SerialPortSettings } from '../contracts/index.ts';
import { isBitTable } from './points.ts';
import type { ReadBlock } from './read-plan.ts';

/** How long things take on a serial line. */
export interface WireTiming {
  readonly characterMilliseconds: number;
  /** The silence between two frames that the standard wants. */
  readonly gapMilliseconds: number;
  /** More silence after a transaction, for this line. */
  readonly turnaroundMilliseconds: number;
}

export const baudRateDefault = 9600;
const gapCharacters = 3.5;
/** Above 19,200 baud the gap is fixed (Modbus over Serial Line 1.02, 2.5.1.1). */
const fastBaudRate = 19_200;
const fastGapMilliseconds = 1.75;

const requestTimeoutDefault = 500;

interface Timeout {
  readonly requestTimeoutMilliseconds?: number;
}

/** How long a slave's answer is awaited, from the last byte of the request. */
export function requestTimeoutOf(connector: Timeout, slave: Timeout): number {
  return slave.requestTimeoutMilliseconds ?? connector.requestTimeoutMilliseconds ?? requestTimeoutDefault;
}

/** Unit, function, address, quantity, checksum. */
const readRequestBytes = 8;
/** Unit, function, count of bytes, checksum. */
const readAnswerBytesBesidesData = 5;

export function bitsPerCharacter(port: SerialPortSettings): number {
  const { dataBits = 8, parity = 'none', stopBits = 1 } = port;
  return 1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits;
}

export function wireTimingOf(settings: {
  readonly port: SerialPortSettings;
  readonly turnaroundMilliseconds?: number;
}): WireTiming {
  const { baudRate = baudRateDefault } = settings.port;
  const characterMilliseconds = (bitsPerCharacter(settings.port) / baudRate) * 1000;
  return {
    characterMilliseconds,
    gapMilliseconds: baudRate > fastBaudRate ? fastGapMilliseconds : gapCharacters * characterMilliseconds,
    turnaroundMilliseconds: settings.turnaroundMilliseconds ?? 0,
  };
}

/** Bytes on the line of a read and its answer, both frames whole. */
export function frameBytesOf(block: Pick<ReadBlock, 'table' | 'quantity'>): {
  request: number;
  answer: number;
} {
  const data = isBitTable(block.table) ? Math.ceil(block.quantity / 8) : block.quantity * 2;
  return { request: readRequestBytes, answer: readAnswerBytesBesidesData + data };
}

/** The least that a read takes of the line, were the slave to answer at once: two frames, a gap behind each. */
export function readMilliseconds(block: Pick<ReadBlock, 'table' | 'quantity'>, timing: WireTiming): number {
  const { request, answer } = frameBytesOf(block);
  return (
    (request + answer) * timing.characterMilliseconds +
    2 * timing.gapMilliseconds +
    timing.turnaroundMilliseconds
  );
}
