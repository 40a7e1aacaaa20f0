import { describe, expect, it } from 'vitest';
import { parseCommandResult, parseStatus } from '../../gateway/connectors/mqtt-broker/status-payload.ts';
import { deviceTopic, maySubscribe } from '../../gateway/connectors/mqtt-broker/topic-rules.ts';
import {
  parseTelemetry,
  parseTimestamp,
} from '../../gateway/connectors/payload-mapping/telemetry-payload.ts';

const parse = (payload: unknown) =>
  parseTelemetry(Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)), () => 0);
const values = (payload: unknown) => {
  const result = parse(payload);
  return 'telemetry' in result ? result.telemetry.values : result.refusal;
};

describe('a telemetry payload', () => {
  it('is signals and values, or those in an envelope with time and boot id', () => {
    expect(parse({ temperature: 21.5, door: true })).toEqual({
      telemetry: {
        values: [
          { signal: 'temperature', value: 21.5 },
          { signal: 'door', value: true },
        ],
        membersRefused: [],
      },
    });
    expect(parse({ ts: 1_700_000_000_000, bootId: 'b7', values: { t: 1 } })).toEqual({
      telemetry: {
        sourceTime: 1_700_000_000_000,
        bootId: 'b7',
        values: [{ signal: 't', value: 1 }],
        membersRefused: [],
      },
    });
  });

  it('passes a text on where a number may belong, for the signals to judge', () => {
    expect(values({ temperature: 'hot' })).toEqual([{ signal: 'temperature', value: 'hot' }]);
  });

  it('names nested values by their path, and makes what is no value a failed read', () => {
    expect(
      values({ motor: { temperature: 40, axes: [1, 2], deep: { a: 1 } }, list: [1], gone: null }),
    ).toEqual([
      { signal: 'motor.temperature', value: 40 },
      { signal: 'motor.axes', value: null, badReason: 'not-a-value' },
      { signal: 'motor.deep', value: null, badReason: 'not-a-value' },
      { signal: 'list', value: null, badReason: 'not-a-value' },
      { signal: 'gone', value: null, badReason: 'no-value' },
    ]);
    expect(values('{"t":1e999}')).toEqual([{ signal: 't', value: null, badReason: 'not-finite' }]);
  });

  it('leaves out members that no signal may be called, and says which', () => {
    expect(parse({ 'a b': 1, t: 2, ['__proto__']: 3 })).toEqual({
      telemetry: { values: [{ signal: 't', value: 2 }], membersRefused: ['a b', '__proto__'] },
    });
    expect(parse({ values: { t: 1 }, extra: 1 })).toMatchObject({ telemetry: { membersRefused: ['extra'] } });
  });

  it.each([
    ['{"t":', 'broken-json'],
    ['', 'broken-json'],
    ['[1]', 'not-an-object'],
    ['21.5', 'not-an-object'],
    ['{}', 'no-values'],
    ['{"values":{}}', 'no-values'],
    ['{"ts":"yesterday","values":{"t":1}}', 'timestamp-invalid'],
    ['{"ts":-1,"values":{"t":1}}', 'timestamp-invalid'],
    ['{"bootId":"","values":{"t":1}}', 'boot-id-invalid'],
  ])('%s is refused as %s', (payload, refusal) => {
    expect(values(payload)).toBe(refusal);
  });

  it('is refused where it is not UTF-8 or holds more than 1000 values', () => {
    expect(parseTelemetry(Buffer.from([0x7b, 0xff, 0x7d]), () => 0)).toMatchObject({ refusal: 'not-utf-8' });
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`s${index}`, index]));
    expect(values(many)).toBe('too-many-values');
  });

  it('takes times in milliseconds or as ISO 8601 with a zone', () => {
    expect(parseTimestamp(1_700_000_000_000)).toBe(1_700_000_000_000);
    expect(parseTimestamp('2023-11-14T22:13:20Z')).toBe(1_700_000_000_000);
    expect(parseTimestamp('2023-11-14T23:13:20.000+01:00')).toBe(1_700_000_000_000);
    expect(parseTimestamp('2023-11-14T22:13:20')).toBeUndefined();
    expect(parseTimestamp('2023-11-14')).toBeUndefined();
    expect(parseTimestamp(null)).toBeUndefined();
  });
});

describe('a status payload', () => {
  it('tells connection, boot id and firmware', () => {
    expect(parseStatus(Buffer.from('{"connected":true,"bootId":"7","firmware":"1.2","rssi":-70}'))).toEqual({
      connected: true,
      bootId: '7',
      firmware: '1.2',
    });
    expect(parseStatus(Buffer.from('{"connected":false}'))).toEqual({ connected: false });
  });

  it('is refused in another shape', () => {
    expect(parseStatus(Buffer.from('{"connected":"yes"}'))).toMatchObject({ refusal: 'status-shape' });
    expect(parseCommandResult(Buffer.from('{"status":"done"}'))).toMatchObject({
      refusal: 'command-result-shape',
    });
    expect(parseCommandResult(Buffer.from('{"status":"succeeded"}'))).toEqual({ status: 'succeeded' });
  });
});

describe('the topic rules', () => {
  const commandId = '01890a5d-ac96-774b-bcce-b302099a8057';

  it('let a device publish on its own topics only', () => {
    expect(deviceTopic('press', 'devices/press/telemetry')).toEqual({ kind: 'telemetry' });
    expect(deviceTopic('press', 'devices/press/status')).toEqual({ kind: 'status' });
    expect(deviceTopic('press', `devices/press/commands/${commandId}/result`)).toEqual({
      kind: 'command-result',
      commandId,
    });
    for (const topic of [
      'devices/pump/telemetry',
      'devices/press/telemetry/x',
      `devices/press/commands/${commandId}`,
      'devices/press/commands/x/result',
      '$SYS/x',
      '',
    ]) {
      expect(deviceTopic('press', topic), topic).toBeUndefined();
    }
  });

  it('let a device subscribe to its own commands only', () => {
    expect(maySubscribe('press', 'devices/press/commands/+')).toBe(true);
    expect(maySubscribe('press', `devices/press/commands/${commandId}`)).toBe(true);
    for (const filter of ['#', 'devices/+/commands/+', 'devices/press/#', 'devices/pump/commands/+', '+']) {
      expect(maySubscribe('press', filter), filter).toBe(false);
    }
  });
});
