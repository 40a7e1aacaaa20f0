/** The checksum of Modbus RTU, written apart from the gateway's, by division of the bit string. */
function checksum(bytes: readonly number[]): number[] {
  let remainder = 0xffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = (remainder & 1) !== ((byte >> bit) & 1);
      remainder >>>= 1;
      if (carry) {
        remainder ^= 0xa001;
      }
    }
  }
  return [remainder & 0xff, remainder >> 8];
}

/** Slaves on a line, for tests: registers and coils by unit, and the misbehaviour that a test asks for. */
export class ModbusSlaves {
  readonly registers = new Map<number, Map<number, number>>();
  readonly coils = new Map<number, Set<number>>();
  readonly silent = new Set<number>();
  /** Every request that arrived whole, as `unit:function:address:quantityOrValue`. */
  readonly requests: string[] = [];
  /** Changes an answer before it goes out. */
  distort: (frame: Buffer, unit: number) => Buffer = (frame) => frame;
  readonly #send: (frame: Buffer) => void;
  #received: number[] = [];

  constructor(send: (frame: Buffer) => void) {
    this.#send = send;
  }

  hold(unit: number, registers: Record<number, number>, coils: readonly number[] = []): void {
    this.registers.set(unit, new Map(Object.entries(registers).map(([key, value]) => [Number(key), value])));
    this.coils.set(unit, new Set(coils));
  }

  receive(bytes: Uint8Array): void {
    this.#received.push(...bytes);
    const [unit = 0, code = 0, high = 0, low = 0, third = 0, fourth = 0, count = 0] = this.#received;
    const length = code === 15 || code === 16 ? 9 + count : 8;
    if (this.#received.length < 8 || this.#received.length < length) {
      return;
    }
    const frame = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    const address = high * 256 + low;
    const value = third * 256 + fourth;
    this.requests.push(`${unit}:${code}:${address}:${value}`);
    const registers = this.registers.get(unit);
    if (registers === undefined || this.silent.has(unit)) {
      return;
    }
    const body = this.#answer(unit, code, address, value, frame) ?? [code | 0x80, 2];
    const answer = [unit, ...body];
    this.#send(this.distort(Buffer.from([...answer, ...checksum(answer)]), unit));
  }

  #answer(
    unit: number,
    code: number,
    address: number,
    value: number,
    frame: readonly number[],
  ): number[] | undefined {
    const registers = this.registers.get(unit) ?? new Map<number, number>();
    const coils = this.coils.get(unit) ?? new Set<number>();
    if (code === 1 || code === 2) {
      const bytes = Array.from({ length: Math.ceil(value / 8) }, (_, index) =>
        Array.from({ length: 8 }, (__, bit) => bit)
          .filter((bit) => coils.has(address + index * 8 + bit))
          .reduce((sum, bit) => sum + 2 ** bit, 0),
      );
      return [code, bytes.length, ...bytes];
    }
    if (code === 3 || code === 4) {
      const values = Array.from({ length: value }, (_, index) => registers.get(address + index));
      return values.includes(undefined)
        ? undefined
        : [code, value * 2, ...values.flatMap((word = 0) => [word >> 8, word & 0xff])];
    }
    if (code === 5) {
      value === 0 ? coils.delete(address) : coils.add(address);
      return frame.slice(1, 6);
    }
    if (code === 6) {
      registers.set(address, value);
      return frame.slice(1, 6);
    }
    if (code === 15) {
      for (let index = 0; index < value; index += 1) {
        const on = (((frame[7 + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1;
        on ? coils.add(address + index) : coils.delete(address + index);
      }
      return frame.slice(1, 6);
    }
    for (let index = 0; index < value; index += 1) {
      registers.set(address + index, (frame[7 + index * 2] ?? 0) * 256 + (frame[8 + index * 2] ?? 0));
    }
    return frame.slice(1, 6);
  }
}
