import { PacketFraming } from '../../gateway/connectors/mqtt-broker/packet-framing.ts';
import { parseCommandResult, parseStatus } from '../../gateway/connectors/mqtt-broker/status-payload.ts';
import { Mapping, MappingTable } from '../../gateway/connectors/payload-mapping/index.ts';
import { parseTelemetry } from '../../gateway/connectors/payload-mapping/telemetry-payload.ts';
import { type FuzzTarget, inPieces, must } from './target.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const limits = { connectBytesMax: 1024, publishBytesMax: 4096, controlBytesMax: 512 };
const text = (samples: readonly string[]): Uint8Array[] =>
  samples.map((sample) => new TextEncoder().encode(sample));

const connect = Uint8Array.from([
  ...[0x10, 0x10, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 4, 0x61, 0x62, 0x63, 0x64],
]);

let framing = new PacketFraming(limits);
const packets: FuzzTarget = {
  name: 'MQTT packets',
  share: 1,
  samples: [
    connect,
    Uint8Array.from([0x30, 9, 0, 3, 0x61, 0x2f, 0x62, 0x7b, 0x22, 0x61, 0x22]),
    Uint8Array.from([0x32, 0x80, 0x01, ...new Uint8Array(128)]),
    Uint8Array.from([0x82, 8, 0, 1, 0, 3, 0x61, 0x2f, 0x23, 1]),
    Uint8Array.from([0xc0, 0, 0xe0, 0]),
    Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0x7f]),
  ],
  feed(input, random) {
    // A fault ends a connection; the next begins with CONNECT.
    if (random() < 0.5) {
      framing = new PacketFraming(limits);
      framing.step(connect, 0);
    }
    for (const piece of inPieces(input, random)) {
      let offset = 0;
      while (offset < piece.length) {
        const step = framing.step(piece, offset);
        must(step.bytes <= piece.length - offset, 'a step stays within its chunk');
        if (step.fault !== undefined) {
          framing = new PacketFraming(limits);
          return;
        }
        must(step.bytes > 0, 'a step goes on');
        offset += step.bytes;
      }
    }
  },
};

const payloads: FuzzTarget = {
  name: 'MQTT payloads',
  share: 1,
  samples: text([
    '{"temperature": 21.5, "on": true, "note": "ok"}',
    '{"ts": 1767225600000, "bootId": "b1", "values": {"a": {"b": 1}, "c": [1]}}',
    '{"ts": "2026-01-01T00:00:00Z", "values": {"a": null}}',
    '[{"bn":"urn:dev:x:","bt":1.7e9,"bu":"Cel","n":"t","v":21.5},{"n":"h","u":"%RH","vs":"x","t":-5}]',
    '{"connected": true, "bootId": "7", "firmware": "2.4.1"}',
    '{"status": "failed", "reason": "jam", "result": {"a": 1}}',
  ]),
  feed(input) {
    const result = parseTelemetry(input, () => now);
    if ('telemetry' in result) {
      const { values, membersRefused, recordsRefused = [] } = result.telemetry;
      must(values.length + membersRefused.length + recordsRefused.length > 0, 'telemetry holds something');
    }
    parseStatus(input);
    parseCommandResult(input);
  },
};

const table = new MappingTable([
  {
    topic: 'factory/+line/#rest',
    device: '{line}',
    each: '$.machines',
    time: { path: '@.t', in: 'iso' },
    values: [
      { signal: '{@key}', path: '@.v' },
      { signal: 'x', path: '/a/0/b', type: 'number', scale: 0.1, optional: true },
    ],
  },
]);
const bare = new Mapping({
  topic: '+device/+signal',
  payload: 'text',
  device: '{device}',
  values: [{ signal: '{signal}' }],
});

const mapped: FuzzTarget = {
  name: 'MQTT topics and payloads by mapping',
  share: 1,
  samples: text([
    'factory/line-1/a/b\n{"machines":{"m1":{"v":1,"t":"2026-01-01T00:00:00Z"},"m2":{"a":[{"b":2}]}}}',
    'factory/line-2\n{"machines":[{"v":"on"},{"v":null},{"a":[{"b":"1.5"}]}]}',
    'press-1/temperature\n21.5',
  ]),
  feed(input) {
    const cut = input.indexOf(0x0a);
    const topic = Buffer.from(input.subarray(0, Math.max(0, cut))).toString('utf8');
    const payload = input.subarray(cut + 1);
    for (const { mapping, names } of table.matching(topic)) {
      mapping.read(names, payload, now);
    }
    const names = bare.pattern.match(topic);
    if (names !== undefined) {
      bare.read(names, payload, now);
    }
  },
};

export const mqttTargets: readonly FuzzTarget[] = [packets, payloads, mapped];
