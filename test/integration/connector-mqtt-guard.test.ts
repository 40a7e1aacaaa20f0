import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { generate, type Packet } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PacketGuard } from '../../gateway/connectors/mqtt-broker/packet-guard.ts';
import { eventually } from '../support/wait.ts';

const connectPacket: Packet = {
  cmd: 'connect',
  clientId: 'c',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
};
const publishPacket = (messageId: number, bytes = 2): Packet => ({
  cmd: 'publish',
  topic: 't',
  payload: Buffer.alloc(bytes, 0x20),
  qos: 1,
  messageId,
  dup: false,
  retain: false,
});

let server: Server;
let client: Socket;
let guard: PacketGuard;
let passed: number;
let faults: string[];

beforeEach(async () => {
  faults = [];
  passed = 0;
  server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const arrival = once(server, 'connection');
  client = connect({ host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
  client.on('error', () => undefined);
  const [socket] = await arrival;
  guard = new PacketGuard(socket, {
    publishesInFlightMax: 3,
    connectBytesMax: 100,
    publishBytesMax: 1000,
    controlBytesMax: 100,
    refused: (fault) => faults.push(fault),
  });
  guard.on('error', () => undefined);
  guard.on('data', (bytes: Buffer) => {
    passed += bytes.length;
  });
});

afterEach(() => {
  client.destroy();
  guard.destroy();
  server.close();
});

const hello = generate(connectPacket).length;
const one = generate(publishPacket(1)).length;
const passes = (bytes: number) => eventually(`${bytes} bytes to pass`, () => passed === bytes);

describe('the guard in front of the broker’s parser', () => {
  it('holds back what comes ahead of the sign-in, and more than the window of publications', async () => {
    client.write(
      Buffer.concat([generate(connectPacket), ...[1, 2, 3, 4, 5].map((id) => generate(publishPacket(id)))]),
    );
    await passes(hello);
    guard.signedIn();
    await passes(hello + 3 * one);
    expect(guard.publishesInFlight).toBe(3);
    guard.publishDone();
    await passes(hello + 4 * one);
    guard.publishDone();
    await passes(hello + 5 * one);
  });

  it('does not read on while the window is full', async () => {
    client.write(generate(connectPacket));
    await passes(hello);
    guard.signedIn();
    const packets = Buffer.concat(
      Array.from({ length: 20_000 }, (_, id) => generate(publishPacket(id + 1, 900))),
    );
    client.write(packets);
    await passes(hello + 3 * generate(publishPacket(1, 900)).length);
    await eventually('the sender to be held up', () => client.writableLength > 0);
    expect(guard.publishesInFlight).toBe(3);
  });

  it('refuses a packet by its header, before its payload came', async () => {
    client.write(generate(connectPacket));
    await passes(hello);
    guard.signedIn();
    // A PUBLISH that announces 2 MiB, and nothing of it.
    client.write(Buffer.from([0x32, 0x80, 0x80, 0x80, 0x01]));
    await once(client.resume(), 'close');
    expect(faults).toEqual(['payload-too-large']);
    expect(passed).toBe(hello);
  });

  it('lets through what was sent before the end of the connection', async () => {
    client.end(
      Buffer.concat([generate(connectPacket), generate(publishPacket(1)), generate({ cmd: 'disconnect' })]),
    );
    await passes(hello);
    guard.signedIn();
    await once(guard, 'end');
    expect(passed).toBe(hello + one + 2);
    expect(guard.disconnected).toBe(true);
  });
});
