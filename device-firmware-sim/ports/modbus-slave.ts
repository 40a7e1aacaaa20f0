import {
  encodeException,
  encodeResponse,
  exceptionCodes,
  functionCodes,
  type ModbusRequest,
} from './modbus-frames.ts';

/** The four tables of a slave. A read of an address that is not there gives undefined; a write gives false. */
export interface ModbusTables {
  coil(address: number): boolean | undefined;
  discreteInput(address: number): boolean | undefined;
  holdingRegister(address: number): number | undefined;
  inputRegister(address: number): number | undefined;
  writeCoil(address: number, value: boolean): boolean;
  /** `illegal-value` where the register is there but does not take this value. */
  writeHoldingRegister(address: number, value: number): 'written' | 'no-such-address' | 'illegal-value';
}

const coilsMax = 2000;
const registersMax = 125;
const registersWrittenMax = 123;
const coilsWrittenMax = 1968;
const coilOn = 0xff00;

class ModbusException extends Error {
  readonly exceptionCode: number;
  constructor(exceptionCode: number) {
    super(`exception ${exceptionCode}`);
    this.exceptionCode = exceptionCode;
  }
}

/** Answers a request; undefined for a broadcast, which is carried out in silence (2.1 of the serial line guide). */
export function answer(tables: ModbusTables, request: ModbusRequest): Buffer | undefined {
  const { unitId, functionCode } = request;
  let response: Buffer;
  try {
    response = encodeResponse(unitId, functionCode, carryOut(tables, request));
  } catch (error) {
    if (!(error instanceof ModbusException)) throw error;
    response = encodeException(unitId, functionCode, error.exceptionCode);
  }
  return unitId === 0 ? undefined : response;
}

function carryOut(tables: ModbusTables, { functionCode, data }: ModbusRequest): Buffer {
  switch (functionCode) {
    case functionCodes.readCoils:
      return readBits(data, (address) => tables.coil(address));
    case functionCodes.readDiscreteInputs:
      return readBits(data, (address) => tables.discreteInput(address));
    case functionCodes.readHoldingRegisters:
      return readRegisters(data, (address) => tables.holdingRegister(address));
    case functionCodes.readInputRegisters:
      return readRegisters(data, (address) => tables.inputRegister(address));
    case functionCodes.writeCoil:
      return writeOneCoil(tables, data);
    case functionCodes.writeRegister:
      writeRegister(tables, data.readUInt16BE(0), data.readUInt16BE(2));
      return data;
    case functionCodes.writeCoils:
      return writeCoils(tables, data);
    case functionCodes.writeRegisters:
      return writeRegisters(tables, data);
    default:
      throw new ModbusException(exceptionCodes.illegalFunction);
  }
}

function addresses(data: Buffer, quantityMax: number): number[] {
  const first = data.readUInt16BE(0);
  const quantity = data.readUInt16BE(2);
  if (quantity < 1 || quantity > quantityMax) throw new ModbusException(exceptionCodes.illegalValue);
  return Array.from({ length: quantity }, (_, offset) => first + offset);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ModbusException(exceptionCodes.illegalAddress);
  return value;
}

function readBits(data: Buffer, read: (address: number) => boolean | undefined): Buffer {
  const bits = addresses(data, coilsMax).map((address) => present(read(address)));
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) {
    if (bit) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function readRegisters(data: Buffer, read: (address: number) => number | undefined): Buffer {
  const values = addresses(data, registersMax).map((address) => present(read(address)));
  const bytes = Buffer.alloc(1 + values.length * 2);
  bytes.writeUInt8(values.length * 2, 0);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 1 + index * 2);
  return bytes;
}

function writeOneCoil(tables: ModbusTables, data: Buffer): Buffer {
  const value = data.readUInt16BE(2);
  if (value !== 0 && value !== coilOn) throw new ModbusException(exceptionCodes.illegalValue);
  if (!tables.writeCoil(data.readUInt16BE(0), value === coilOn)) {
    throw new ModbusException(exceptionCodes.illegalAddress);
  }
  return data;
}

function writeCoils(tables: ModbusTables, data: Buffer): Buffer {
  const coils = addresses(data, coilsWrittenMax);
  if (data.readUInt8(4) !== Math.ceil(coils.length / 8))
    throw new ModbusException(exceptionCodes.illegalValue);
  for (const [index, address] of coils.entries()) {
    const on = (data.readUInt8(5 + (index >> 3)) & (1 << (index & 7))) !== 0;
    if (!tables.writeCoil(address, on)) throw new ModbusException(exceptionCodes.illegalAddress);
  }
  return data.subarray(0, 4);
}

function writeRegister(tables: ModbusTables, address: number, value: number): void {
  const outcome = tables.writeHoldingRegister(address, value);
  if (outcome === 'no-such-address') throw new ModbusException(exceptionCodes.illegalAddress);
  if (outcome === 'illegal-value') throw new ModbusException(exceptionCodes.illegalValue);
}

function writeRegisters(tables: ModbusTables, data: Buffer): Buffer {
  const registers = addresses(data, registersWrittenMax);
  if (data.readUInt8(4) !== registers.length * 2) throw new ModbusException(exceptionCodes.illegalValue);
  for (const [index, address] of registers.entries()) {
    writeRegister(tables, address, data.readUInt16BE(5 + index * 2));
  }
  return data.subarray(0, 4);
}
