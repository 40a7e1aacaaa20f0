/** Just enough of MQTT 3.1.1 to load a broker: packets as bytes, and connections that count acknowledgements. */
import { connect, type Socket } from 'node:net';

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};

/** A packet (section 2.2) of a length that fits two bytes. */
function packet(firstByte: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([firstByte, (body.length % 128) | 0x80, body.length >> 7]), body]);
}

export const connackBytes = 4;
export const pubackBytes = 4;

export const connectPacket = (name: string, password: string): Buffer =>
  packet(0x10, text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), text(name), text(name), text(password));

/** A PUBLISH of QoS 1 with packet id 0, and where its packet id and its payload begin. */
export function publishTemplate(topic: string, payload: Buffer) {
  const bytes = packet(0x32, text(topic), Buffer.from([0, 0]), payload);
  const payloadAt = bytes.length - payload.length;
  return { bytes, packetIdAt: payloadAt - 2, payloadAt };
}

/** Connects and signs in. */
export async function signIn(port: number, name: string, password: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(connectPacket(name, password));
  let answer = Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`the broker closed the connection of ${name}`)));
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length === connackBytes) {
        resolve();
      }
    });
  });
  socket.removeAllListeners('data');
  socket.removeAllListeners('close');
  if (answer.toString('hex') !== '20020000') {
    throw new Error(`the broker refused ${name}`);
  }
  return socket;
}
