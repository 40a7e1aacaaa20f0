import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import type { RawMessage } from '../../gateway/connectors/connector.ts';
import { PacketGuard } from '../../gateway/connectors/mqtt-broker/packet-guard.ts';
import { RedeliveryTracker } from '../../gateway/connectors/mqtt-broker/redelivery.ts';
import { TelemetryIntake } from '../../gateway/connectors/mqtt-broker/telemetry-intake.ts';
import { eventually } from '../support/wait.ts';

const telemetry = fc.record({
  kind: fc.constant('telemetry' as const),
  qos: fc.constantFrom(0 as const, 1 as const),
  dup: fc.boolean(),
  retain: fc.boolean(),
  padding: fc.constantFrom('', 'x'.repeat(5), 'é'.repeat(40), 'y'.repeat(600)),
});
const other = fc.record({
  kind: fc.constant('other' as const),
  topic: fc.constantFrom(
    'devices/press-1/status',
    'devices/press-2/telemetry',
    'devices/press-1/telemetry/x',
  ),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
});
const ping = fc.record({ kind: fc.constant('ping' as const) });
const packets = fc.array(fc.oneof({ weight: 4, arbitrary: telemetry }, other, ping), { maxLength: 40 });

/** The socket's side: what is written comes to the guard, and what the guard writes is kept. */
class Peer extends Duplex {
  readonly written: Buffer[] = [];
  override _read(): void {
    // The test pushes.
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
  destroySoon(): void {
    this.destroy();
  }
}

test('However a stream is cut, telemetry is taken in order and acknowledged in order, and the broker gets all the rest unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(packets, fc.infiniteStream(fc.integer({ min: 1, max: 700 })), async (steps, cuts) => {
      const peer = new Peer();
      const refused: string[] = [];
      // What the guard needs of a socket, a Duplex has.
      const guard = new PacketGuard(peer as never, {
        publishesInFlightMax: 1000,
        connectBytesMax: 100,
        publishBytesMax: 2000,
        controlBytesMax: 100,
        refused: (fault) => refused.push(fault),
      });
      const passed: Buffer[] = [];
      guard.on('data', (chunk: Buffer) => passed.push(chunk));
      const messages: RawMessage[] = [];
      let group: PromiseWithResolvers<void> | undefined;
      const intake = new TelemetryIntake({
        deviceId: 'press-1',
        redelivery: new RedeliveryTracker('press-1/c', true),
        payloadBytesMax: 1500,
        sink: {
          ingest: (message) => {
            messages.push(message);
            if (group === undefined) {
              group = Promise.withResolvers();
              const own = group;
              setImmediate(() => {
                group = undefined;
                own.resolve();
              });
            }
            return group.promise;
          },
          frame: () => undefined,
          status: async () => undefined,
          result: async () => undefined,
          unreadable: (_device, reason) => refused.push(reason),
          now: () => 0,
        },
        accepted: () => undefined,
        failed: () => refused.push('failed'),
      });
      const hello = generate({
        cmd: 'connect',
        clientId: 'c',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
      });
      peer.push(hello);
      await eventually('CONNECT at the broker', () => Buffer.concat(passed).equals(hello));
      guard.signedIn(intake);
      const expected = { passed: [hello], values: [] as number[], acknowledged: [] as number[] };
      const sent: Buffer[] = [];
      for (const [index, step] of steps.entries()) {
        const bytes = generate(packetOf(step, index));
        sent.push(bytes);
        if (step.kind === 'telemetry') {
          expected.values.push(index);
          if (step.qos === 1) expected.acknowledged.push(index + 1);
        } else {
          expected.passed.push(bytes);
        }
      }
      let rest = Buffer.concat(sent);
      for (const cut of cuts) {
        if (rest.length === 0) break;
        peer.push(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      const acknowledged = () =>
        (Buffer.concat(peer.written).toString('hex').match(/.{8}/g) ?? []).map((text) =>
          Number.parseInt(text.slice(4), 16),
        );
      await eventually(
        'all acknowledgements',
        () =>
          acknowledged().length === expected.acknowledged.length &&
          messages.length === expected.values.length &&
          Buffer.concat(passed).equals(Buffer.concat(expected.passed)),
      );
      expect(acknowledged()).toEqual(expected.acknowledged);
      expect(messages.map(({ values }) => values[0]?.value)).toEqual(expected.values);
      expect(refused).toEqual([]);
      guard.destroy();
    }),
    { numRuns: 60 },
  );
});

function packetOf(
  step: { kind: string } & Partial<{
    topic: string;
    qos: 0 | 1 | 2;
    dup: boolean;
    retain: boolean;
    padding: string;
  }>,
  index: number,
): Packet {
  if (step.kind === 'ping') {
    return { cmd: 'pingreq' };
  }
  const { qos = 0, dup = false, retain = false, padding = '' } = step;
  return {
    cmd: 'publish',
    topic: step.topic ?? 'devices/press-1/telemetry',
    payload: JSON.stringify({ number: index, padding }),
    qos,
    dup: qos > 0 && dup,
    retain,
    ...(qos > 0 && { messageId: index + 1 }),
  };
}
