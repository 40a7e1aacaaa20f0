/**
 * The wires of the machines, with frame codecs of their own: if simulator and gateway shared one, they would agree on
 * the same mistake.
 *
 * Actors: the press on MQTT, the pump as a Modbus RTU slave, the oven with its frames of text, each over a `Device`;
 * the byte pipe is a pseudo-terminal in life and whatever a test likes elsewhere.
 *
 * States: a port speaks while its device runs and is silent while it reboots.
 *
 * Invariants: a command that is delivered twice is carried out once; live values are never queued up, what nobody
 * takes is lost as on a real line; noise on a line costs no more than the frame that it hits.
 *
 * What may go wrong: broker away (tried again twice a second), a full line (frames are dropped), a damaged memory.
 */
export { encodeFrame, FrameDecoder, xorChecksum } from './line-frames.ts';
export { memoryFile } from './memory-file.ts';
export { crc16, encodeException, encodeResponse, RequestDecoder } from './modbus-frames.ts';
export { answer, type ModbusTables } from './modbus-slave.ts';
export { OvenPort } from './oven-port.ts';
export { type MqttConnection, PressPort } from './press-port.ts';
export { type BytePipe, openPseudoTerminal } from './pseudo-terminal.ts';
export { PumpPort } from './pump-port.ts';
export { PumpTables, pumpRegisters, rebootCommand } from './pump-registers.ts';
