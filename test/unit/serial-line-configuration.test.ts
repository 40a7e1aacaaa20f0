import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigurationError, parseConfiguration } from '../../gateway/config/index.ts';

function mistakesIn(connector: string): string[] {
  const text = `gateway: { id: edge-1 }
devices: [{ id: scale-1 }]
connectors:
  - type: serial-line
    name: scale
    deviceId: scale-1
${connector.replace(/^/gm, '    ')}`;
  try {
    parseConfiguration(text, 'gateway.yaml');
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.message.split('\n');
    }
    throw error;
  }
  return [];
}

const port = 'port: { path: /dev/ttyS0 }';
const values = 'fields: [{ signal: weight, at: 1, as: int16 }]';

/** The mistakes without the place in the file, for one frame. */
const ofFrame = (frame: string) =>
  mistakesIn(`${port}\nframe: ${frame}\n${values}`).map((line) => line.replace(/^\S+ connectors\[0\]\./, ''));

test('The worked examples of the documentation are good', () => {
  const page = readFileSync(new URL('../../docs/reference/serial-line.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```yaml\n(connectors:[\s\S]*?)```/g)].map((found) => found[1] ?? '');
  expect(examples.length).toBeGreaterThanOrEqual(5);
  for (const example of examples) {
    const devices = [...example.matchAll(/deviceId: ([a-z0-9-]+)/g)].map((found) => `{ id: ${found[1]} }`);
    const text = `gateway: { id: edge-1 }\ndevices: [${devices.join(', ')}]\n${example}`;
    expect(() => parseConfiguration(text, 'example.yaml'), example).not.toThrow();
  }
});

test('A frame must say where it ends, and only once', () => {
  expect(ofFrame('{ start: "$" }')).toEqual([
    'frame does not say where a frame ends: it needs end, length, lengthPrefix or idleEnds: frame',
  ]);
  expect(ofFrame('{ length: 8, lengthPrefix: { bytes: 1 } }')).toEqual([
    'frame.lengthPrefix is not possible beside length: frames have one length or tell theirs',
  ]);
  expect(ofFrame('{ idleEnds: frame }')).toEqual([
    'frame.idleMilliseconds is missing: after how long a silence does a frame end?',
  ]);
  expect(ofFrame('{ length: 3, checksum: crc-32-iso-hdlc, checksumForm: binary }')).toEqual([
    'frame.length is less than the 4 bytes of a frame without a body',
  ]);
  expect(ofFrame('{ start: "ABC", lengthPrefix: { bytes: 1, at: 2 } }')).toEqual([
    'frame.lengthPrefix.at lies within the start',
  ]);
  expect(ofFrame('{ end: "€" }')).toEqual([
    'frame.end holds a character that is no byte: write \\x00 to \\xFF',
  ]);
});

test('A checksum and an escape must be possible', () => {
  expect(ofFrame('{ end: "\\n", checksumForm: hex }')).toEqual([
    'frame.checksumForm says nothing where there is no checksum',
  ]);
  expect(ofFrame('{ length: 8, checksum: xor, checksumPosition: after-end }')).toEqual([
    'frame.checksumPosition cannot be after-end where there is no end',
  ]);
  expect(
    ofFrame('{ end: "\\n", checksum: xor, checksumCovers: { end: true, from: 1, start: true } }'),
  ).toEqual([
    'frame.checksumCovers.end is possible only with checksumPosition: after-end',
    'frame.checksumCovers.start is not possible beside from',
  ]);
  expect(ofFrame('{ length: 8, escape: { byte: "ab" } }')).toEqual([
    'frame.escape is possible only where end alone says where a frame ends',
    'frame.escape.byte must be one byte, for example \\x7D',
  ]);
  expect(ofFrame('{ end: "\\n", checksum: crc-16-arcs }')[0]).toMatch(
    /^frame\.checksum must be one of none, xor, nmea, lrc/,
  );
});

test('Each mistake is told with its line, column and key', () => {
  const text = `port: { path: "tcp://moxa" }
frame: { end: "\\r\\n" }
pattern: '(?<weight>\\d+'
fields:
  - { signal: weight, group: wait }
  - { signal: tare, position: 1, path: a }
  - { signal: path, path: "a..b" }
  - { signal: raw, at: 3 }
  - { signal: code, at: 3, as: bcd }
  - { signal: bit, at: 3, as: float32, bit: 3 }
bootIdSignal: boot
templates: { zero: Z }
commands:
  zero: { text: Z }
  target: { text: "T{vale}", answer: { pattern: "^OK", failedPattern: "(?=x)" } }
  raw: { hex: "0x05" }
  both: {}
requests:
  - { text: "W{value}", everyMilliseconds: 1000 }`;
  expect(mistakesIn(text)).toEqual([
    'gateway.yaml:7:19: connectors[0].port.path is no tty and no tcp://host:port of a serial device server',
    expect.stringMatching(
      /^gateway\.yaml:9:14: connectors\[0\]\.pattern is no regular expression of RE2: missing/,
    ),
    'gateway.yaml:11:34: connectors[0].fields[0].group names the group wait, which its pattern has not',
    'gateway.yaml:12:9: connectors[0].fields[1] needs one of position, group, path and at, not position and path',
    'gateway.yaml:12:35: connectors[0].fields[1].position needs a fieldSeparator of the connector',
    'gateway.yaml:13:31: connectors[0].fields[2].path is no path such as sensors[0].value',
    'gateway.yaml:14:9: connectors[0].fields[3].as is missing: what are the bytes?',
    'gateway.yaml:15:9: connectors[0].fields[4].bytes is missing: how many bytes has the bcd?',
    'gateway.yaml:16:49: connectors[0].fields[5].bit is possible only in integers of at most 32 bits',
    'gateway.yaml:17:19: connectors[0].bootIdSignal names the signal boot, which is not read here',
    'gateway.yaml:20:7: connectors[0].commands.zero stands among the templates already',
    expect.stringMatching(
      /^gateway\.yaml:21:23: connectors\[0\]\.commands\.target\.text holds \{vale\}, which is none/,
    ),
    expect.stringMatching(
      /^gateway\.yaml:21:75: .*target\.answer\.failedPattern is no regular expression of RE2/,
    ),
    'gateway.yaml:22:19: connectors[0].commands.raw.hex holds "0x05", which is no pairs of hexadecimal digits',
    'gateway.yaml:23:7: connectors[0].commands.both needs one of text and hex',
    'gateway.yaml:25:9: connectors[0].requests[0] has places to fill in, and nothing to fill them with',
  ]);
});
