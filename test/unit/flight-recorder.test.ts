import {
  AlertRecording,
  type AlertTransition,
  type ConnectorConfiguration,
  type Reading,
} from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { createAlertEngine, type Evaluation, FlightRecorder, Lines } from '../../gateway/alerts/index.ts';
import { alertTransition, numberedId } from '../support/alert-records.ts';

const start = Date.UTC(2026, 2, 2, 8);

function reading(seconds: number, value: Reading['value'], more: Partial<Reading> = {}): Reading {
  return {
    type: 'reading',
    deviceId: 'press',
    signal: 'temperature',
    value,
    unit: 'Cel',
    quality: value === null ? 'BAD' : 'GOOD',
    sourceTime: start + seconds * 1000,
    gatewayTime: start + seconds * 1000,
    clockState: 'SYNCHRONIZED',
    historical: false,
    ...more,
  };
}

/** What came before an alert that is raised now. */
function beforeOf(recorder: FlightRecorder, alert: AlertTransition, now: number): AlertRecording | undefined {
  recorder.raised(alert, now);
  return recorder.due(now).find(({ part }) => part === 'before')?.recording;
}

const alertAt = (seconds: number, more: Partial<AlertTransition> = {}) =>
  alertTransition({ deviceId: 'press', sourceTime: start + seconds * 1000, ...more });

describe('the flight recorder', () => {
  test('gives what came in the minute before an alert, and in the half minute after it', () => {
    const recorder = new FlightRecorder();
    for (let at = 0; at <= 100; at += 10) recorder.note(reading(at, at));
    recorder.note(reading(100, 'auto', { signal: 'mode', unit: '1' }));
    recorder.note(reading(100, null, { signal: 'pressure' }));
    recorder.noteFrame(
      { deviceId: 'press', direction: 'received', bytes: Buffer.from('0103', 'hex') },
      start + 99_000,
    );
    const before = beforeOf(recorder, alertAt(100), start + 100_000);
    expect(Value.Check(AlertRecording, before)).toBe(true);
    expect(before).toMatchObject({
      part: 'before',
      from: start + 40_000,
      to: start + 100_000,
      truncated: false,
      signals: [
        { signal: 'temperature', unit: 'Cel', values: [40, 50, 60, 70, 80, 90, 100], qualities: 'GGGGGGG' },
        { signal: 'mode', values: ['auto'] },
        { signal: 'pressure', values: [null], qualities: 'B' },
      ],
      frames: [{ at: start + 99_000, direction: 'received', hexadecimal: '0103' }],
    });
    expect(before?.signals[0]?.times).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
    recorder.note(reading(110, 110));
    expect(recorder.due(start + 129_999)).toEqual([]);
    expect(recorder.due(recorder.dueAt)).toMatchObject([
      {
        recording: {
          part: 'after',
          from: start + 100_000,
          to: start + 130_000,
          signals: [{ values: [110], times: [10_000] }],
        },
      },
    ]);
    expect(recorder.due(start + 999_000)).toEqual([]);
  });

  test('keeps no more of a device than it may, and says that something is missing', () => {
    const recorder = new FlightRecorder({ samplesMax: 50 });
    for (let at = 0; at < 1000; at += 1) recorder.note(reading(at / 100, at));
    const before = beforeOf(recorder, alertAt(10), start + 10_000);
    expect(before).toMatchObject({ truncated: true });
    expect(before?.signals[0]?.values).toEqual(Array.from({ length: 50 }, (_, index) => 950 + index));
    for (let at = 0; at < 60; at += 1) recorder.note(reading(11 + at / 100, at));
    expect(recorder.due(start + 50_000)).toMatchObject([{ recording: { part: 'after', truncated: true } }]);
  });

  test('stays within its memory, however many devices there are', () => {
    const recorder = new FlightRecorder({ memoryBytesMax: 65_536 });
    for (let device = 0; device < 1000; device += 1) {
      for (let at = 0; at < 200; at += 1)
        recorder.note(reading(at / 100, at, { deviceId: `press-${device}` }));
    }
    expect(recorder.memoryBytes).toBeLessThanOrEqual(65_536);
    recorder.keepOnly(() => false);
    expect(recorder.memoryBytes).toBe(0);
  });

  test('counts frames in its memory, keeps the latest of them, and those of devices without rules not at all', () => {
    const recorder = new FlightRecorder({ memoryBytesMax: 65_536 });
    const frame = (device: number, at: number) =>
      recorder.noteFrame(
        { deviceId: `press-${device}`, direction: 'received', bytes: Buffer.alloc(at % 700, at) },
        start + at,
      );
    for (let at = 0; at < 1000; at += 1) for (let device = 0; device < 100; device += 1) frame(device, at);
    expect(recorder.memoryBytes).toBeGreaterThan(60_000);
    expect(recorder.memoryBytes).toBeLessThanOrEqual(65_536);
    recorder.note(reading(1, 1, { deviceId: 'press-0' }));
    const alert = alertTransition({ deviceId: 'press-0', sourceTime: start + 1000 });
    const frames = beforeOf(recorder, alert, start + 1000)?.frames ?? [];
    expect(frames.length).toBeGreaterThan(0);
    expect(frames.map(({ at }) => at)).toEqual(
      frames.map((_, index) => start + 1000 - frames.length + index),
    );
    for (const { at, hexadecimal, lengthBytes } of frames) {
      const length = Math.min(512, (at - start) % 700);
      expect(hexadecimal).toBe(Buffer.alloc(length, at - start).toString('hex'));
      expect(lengthBytes).toBe((at - start) % 700 > 512 ? (at - start) % 700 : undefined);
    }
    recorder.keepOnly(() => false);
    frame(0, 1001);
    expect(recorder.memoryBytes).toBe(0);
  });

  test('gives frames half of its memory at most, so that the values of other devices have room', () => {
    const recorder = new FlightRecorder({ memoryBytesMax: 1_048_576 });
    for (let at = 0; at < 300; at += 1) {
      for (let device = 0; device < 20; device += 1) {
        recorder.noteFrame(
          { deviceId: `bus-${device}`, direction: 'sent', bytes: Buffer.alloc(500) },
          start + at,
        );
      }
    }
    expect(recorder.memoryBytes).toBeGreaterThan(400_000);
    expect(recorder.memoryBytes).toBeLessThan(600_000);
    for (let at = 0; at < 1000; at += 1) recorder.note(reading(at / 100, at));
    const before = beforeOf(recorder, alertAt(10), start + 10_000);
    expect(before).toMatchObject({ truncated: false, frames: [] });
    expect(before?.signals[0]?.values).toHaveLength(1000);
  });

  test('gives each frame to one part alone, also one of the very moment of the alert, and says where some are missing', () => {
    const recorder = new FlightRecorder();
    recorder.note(reading(1, 1));
    const frame = (seconds: number, byte: number) =>
      recorder.noteFrame(
        { deviceId: 'press', direction: 'sent', bytes: Buffer.from([byte]), isMessage: true },
        start + seconds * 1000,
      );
    frame(1, 1);
    const before = beforeOf(recorder, alertAt(1), start + 1000);
    expect(before?.frames.map(({ hexadecimal }) => hexadecimal)).toEqual(['01']);
    expect(before).not.toHaveProperty('framesTruncated');
    for (let byte = 2; byte < 68; byte += 1) frame(1 + (byte - 2) / 100, byte);
    const [after] = recorder.due(start + 31_000);
    expect(after?.recording).toMatchObject({ truncated: false, framesTruncated: true });
    expect(after?.recording?.frames.map(({ hexadecimal }) => hexadecimal)).toEqual(
      Array.from({ length: 64 }, (_, index) => Buffer.from([index + 4]).toString('hex')),
    );
    expect(beforeOf(recorder, alertAt(40), start + 40_000)).toMatchObject({ framesTruncated: true });
    expect(beforeOf(recorder, alertAt(70), start + 70_000)).not.toHaveProperty('framesTruncated');
  });

  test('counts the alerts of a device for which there is no memory', () => {
    const recorder = new FlightRecorder({ memoryBytesMax: 1000 });
    recorder.note(reading(0, 1));
    recorder.note(reading(0, 1, { deviceId: 'pump' }));
    expect(beforeOf(recorder, alertAt(1), start + 1000)).toBeDefined();
    expect(recorder.raised(alertAt(1, { deviceId: 'pump' }), start + 1000)).toEqual([]);
    expect(recorder.due(start + 1000)).toEqual([]);
    expect(recorder.losses).toEqual({ 'hourly-share': 0, memory: 1, 'cut-short': 0 });
  });

  test('gives a device so many recordings an hour, and the alerts beyond come alone', () => {
    const recorder = new FlightRecorder({ recordingsAnHourMax: 2 });
    recorder.note(reading(0, 1));
    const raised = (seconds: number) => beforeOf(recorder, alertAt(seconds), start + seconds * 1000);
    expect([raised(1), raised(2), raised(3)].map((recording) => recording?.part)).toEqual([
      'before',
      'before',
      undefined,
    ]);
    expect(recorder.losses).toEqual({ 'hourly-share': 1, memory: 0, 'cut-short': 0 });
    expect(raised(3601 + 3)?.part).toBe('before');
  });

  test('speaks through the alert engine: the part before comes at once, but the alert does not wait for it', () => {
    const rule = {
      name: 'hot',
      version: 1,
      signal: 'temperature',
      limits: { hi: { setpoint: 100, severity: 'MAJOR' as const } },
    };
    const engine = createAlertEngine({
      newId: () => numberedId(7),
      states: [],
      recorder: new FlightRecorder(),
    });
    engine.configure([{ id: 'press', rules: [rule] }, { id: 'silent' }], start);
    engine.evaluate([reading(0, 20)], start);
    const hot = engine.evaluate([reading(1, 120)], start + 1000);
    expect(hot).toMatchObject({ transitions: [{ transition: 'raised' }], recordings: [] });
    engine.evaluate([reading(2, 130)], start + 2000);
    expect(engine.nextWake()).toBe(0);
    expect(engine.tick(start + 2000).recordings).toMatchObject([
      { alertId: numberedId(7), part: 'before', signals: [{ values: [20, 120] }] },
    ]);
    expect(engine.nextWake()).toBe(start + 6000);
    engine.tick(start + 6000);
    expect(engine.tick(start + 31_000).recordings).toMatchObject([
      { part: 'after', signals: [{ values: [130] }] },
    ]);
    expect(engine.nextWake()).toBeUndefined();
  });
});

test('an alert that time raises does not wait for its recording either', () => {
  const rule = {
    name: 'silent',
    version: 1,
    signal: 'temperature',
    stale: { afterMilliseconds: 5000, severity: 'MAJOR' as const },
  };
  const engine = createAlertEngine({
    newId: () => numberedId(7),
    states: [],
    recorder: new FlightRecorder(),
  });
  engine.configure([{ id: 'press', rules: [rule] }], start);
  engine.evaluate([reading(0, 20)], start);
  expect(engine.tick(start + 6000)).toMatchObject({
    transitions: [{ transition: 'raised' }],
    recordings: [],
  });
  expect(engine.tick(start + 6001).recordings).toMatchObject([{ part: 'before' }]);
});

describe('a recording', () => {
  const rule = {
    name: 'hot',
    version: 1,
    signal: 'temperature',
    limits: { hi: { setpoint: 100, severity: 'MAJOR' as const } },
  };
  const stored = new Map<string, string>();
  const commit = ({ states, recordings }: Evaluation) => {
    for (const { key, state } of states) {
      if (state === null) stored.delete(key);
      else stored.set(key, state);
    }
    return recordings;
  };
  const begin = () => {
    const states = [...stored].map(([key, state]) => ({ key, state }));
    const engine = createAlertEngine({ newId: () => numberedId(7), states, recorder: new FlightRecorder() });
    return { engine, sent: commit(engine.configure([{ id: 'press', rules: [rule] }], start + 60_000)) };
  };

  test('is sent by the next start where the gateway was killed, with what came until it was saved last', () => {
    const { engine } = begin();
    commit(engine.evaluate([reading(1, 120)], start + 1000));
    commit(engine.tick(start + 1001));
    commit(engine.evaluate([reading(2, 130)], start + 2000));
    commit(engine.tick(start + 6000));
    commit(engine.evaluate([reading(7, 140)], start + 7000));
    const { engine: restarted, sent } = begin();
    expect(Value.Check(AlertRecording, sent[0])).toBe(true);
    expect(sent).toMatchObject([
      {
        alertId: numberedId(7),
        part: 'after',
        from: start + 1000,
        to: start + 6000,
        truncated: true,
        reason: 'cut off by a restart',
        signals: [{ values: [130] }],
      },
    ]);
    expect([...stored.keys()]).toEqual(['press/hot']);
    expect(restarted.active()).toHaveLength(1);
    expect(begin().sent).toEqual([]);
  });

  test('is a record also where the gateway was killed at once, and leaves nothing behind where it was not', () => {
    stored.clear();
    const { engine } = begin();
    commit(engine.evaluate([reading(1, 120)], start + 1000));
    expect(begin().sent).toMatchObject([
      { part: 'before', signals: [], reason: 'cut off by a restart' },
      { part: 'after', signals: [], reason: 'cut off by a restart' },
    ]);
    stored.clear();
    const { engine: other } = begin();
    commit(other.evaluate([reading(1, 120)], start + 1000));
    expect(stored.size).toBe(3);
    commit(other.tick(start + 1001));
    expect(stored.size).toBe(2);
    commit(other.tick(start + 31_000));
    expect([...stored.keys()]).toEqual(['press/hot']);
  });
});

describe('a storm of alerts', () => {
  const storm = (count: number) => {
    const recorder = new FlightRecorder({ recordingsAnHourMax: 3600 });
    const raise = (number: number, seconds: number) => {
      const deviceId = `press-${number}`;
      recorder.note(reading(seconds, number, { deviceId }));
      beforeOf(
        recorder,
        alertAt(seconds, { deviceId, alertId: numberedId(number) }),
        start + Math.round(seconds * 1000),
      );
    };
    const hear = (seconds: number, among = count) => {
      for (let number = 0; number < among; number += 1) {
        recorder.note(reading(seconds, number, { deviceId: `press-${number}` }));
      }
    };
    for (let number = 0; number < count; number += 1) raise(number, number / 1000);
    return { recorder, raise, hear };
  };
  const numbers = (parts: readonly AlertRecording[]) =>
    parts.map(({ alertId }) => Number(alertId.slice(-12))).sort((one, other) => one - other);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

  test('is saved the newest first, each in its turn, and what a restart would lose is counted', () => {
    const { recorder, raise, hear } = storm(250);
    hear(4);
    expect(numbers(recorder.toSave(start + 5000))).toEqual(range(150, 250));
    expect(recorder.unsaved).toBe(150);
    hear(6);
    for (const number of range(250, 260)) raise(number, 7);
    hear(8, 260);
    const second = numbers(recorder.toSave(start + 10_000));
    expect(second).toEqual([...range(60, 150), ...range(250, 260)]);
    hear(11, 260);
    const third = numbers(recorder.toSave(start + 15_000));
    expect(third.slice(0, 60)).toEqual(range(0, 60));
    expect(third.slice(60).every((number) => number >= 150 && number < 250)).toBe(true);
    expect(recorder.unsaved).toBe(160);
    recorder.due(start + 60_000);
    expect(recorder.unsaved).toBe(0);
  });

  test('of more alerts than can wait cuts the oldest short, says so, and records the newest whole', () => {
    const { recorder } = storm(10_000);
    recorder.note(reading(11, 77, { deviceId: 'press-0' }));
    const last = { deviceId: 'press-10000', alertId: numberedId(10_000) };
    recorder.note(reading(12, 10_000, last));
    recorder.raised(alertAt(12, last), start + 12_000);
    expect(recorder.losses['cut-short']).toBe(1);
    expect(recorder.dueAt).toBeLessThanOrEqual(start + 12_000);
    const [oldest, before, ...others] = recorder.due(start + 12_000);
    expect(before).toMatchObject({ alertId: numberedId(10_000), part: 'before' });
    expect(others).toEqual([]);
    expect(Value.Check(AlertRecording, oldest?.recording)).toBe(true);
    expect(oldest?.recording).toMatchObject({
      alertId: numberedId(0),
      truncated: true,
      reason: 'cut short as too many alerts were recorded at once',
      signals: [{ values: [77] }],
    });
    recorder.note(reading(20, 88, { deviceId: 'press-10000' }));
    expect(recorder.due(start + 42_000).at(-1)?.recording).toMatchObject({
      alertId: numberedId(10_000),
      truncated: false,
      signals: [{ values: [88] }],
    });
  });
});

test('what came before a thousand alerts of one moment is taken out a few at a time, each as it was when it was raised', () => {
  const recorder = new FlightRecorder();
  for (let number = 0; number < 1000; number += 1) {
    const deviceId = `press-${number}`;
    recorder.note(reading(1, number, { deviceId }));
    const alert = alertAt(1, { deviceId, alertId: numberedId(number) });
    expect(recorder.raised(alert, start + 1000).map(({ part }) => part)).toEqual(['before', 'after']);
    recorder.note(reading(1.001, -1, { deviceId }));
  }
  const numbers: number[] = [];
  while (recorder.dueAt === 0) {
    const some = recorder.due(start + 1001);
    expect(some.length).toBeLessThanOrEqual(10);
    for (const { part, recording } of some) {
      expect(part).toBe('before');
      expect(recording?.signals).toMatchObject([{ values: [expect.any(Number)] }]);
      numbers.push(Number(recording?.signals[0]?.values[0]));
    }
  }
  expect(numbers).toEqual(Array.from({ length: 1000 }, (_, number) => number));
});

test('devices share the line of their connector, or that of the broker', () => {
  const lines = new Lines({
    gateway: { id: 'hall' },
    mqttBroker: {},
    connectors: [
      {
        type: 'modbus-rtu',
        name: 'bus-1',
        port: { path: '/dev/ttyUSB0' },
        slaves: [
          {
            deviceId: 'pump-1',
            unitId: 1,
            pollMilliseconds: 1000,
            points: [{ signal: 'level', table: 'input-register', address: 0 }],
          },
        ],
      },
    ],
  });
  expect([lines.lineOf('pump-1'), lines.lineOf('press-1')]).toEqual(['bus-1', 'mqtt']);
  lines.replace({ gateway: { id: 'hall' } });
  expect(lines.lineOf('pump-1')).toBeUndefined();
});

test('a device that no connector names is of the line on which it is heard, and stays while it is heard there', () => {
  const plant = (name: string): ConnectorConfiguration => ({
    type: 'mqtt-client',
    name,
    url: 'mqtt://127.0.0.1:1884',
    clientId: name,
    mappings: [
      { topic: 'plant/+machine/level', device: '{machine}', deviceNames: { p: 'pump-9' } },
      { topic: 'plant/tank', device: 'tank' },
    ],
  });
  const configuration = { gateway: { id: 'hall' }, mqttBroker: {}, connectors: [plant('plant')] };
  const lines = new Lines(configuration, [['press-8', 'plant']]);
  const linesOf = (...ids: string[]) => ids.map((id) => lines.lineOf(id));
  expect(linesOf('pump-9', 'tank', 'press-8', 'press-1')).toEqual(['plant', 'plant', 'plant', 'mqtt']);
  expect([lines.heard('press-1', 'plant', 0), lines.heard('press-1', 'plant', 1)]).toEqual([true, false]);
  expect([lines.takeMoved(), lines.takeMoved()]).toEqual([['press-1'], []]);
  expect(lines.lineOf('press-1')).toBe('plant');
  expect(lines.heard('press-1', 'mqtt-broker', 60_000)).toBe(false);
  expect(lines.heard('press-1', 'mqtt-broker', 60_001)).toBe(true);
  expect(lines.lineOf('press-1')).toBe('mqtt');
  expect(lines.replace(configuration)).toBe(false);
  expect(lines.replace({ ...configuration, connectors: [plant('other')] })).toBe(true);
  expect(linesOf('press-8', 'tank')).toEqual(['mqtt', 'other']);
});
