import { AlertRecording, type ModbusRtuConnector } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { Value } from 'typebox/value';
import { afterEach, expect, test } from 'vitest';
import { FlightRecorder, type Frame } from '../../gateway/alerts/flight-recorder/index.ts';
import type { Connector } from '../../gateway/connectors/connector.ts';
import { createModbusConnector } from '../../gateway/connectors/modbus/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { ModbusSlaves } from '../support/modbus-slave.ts';
import { noteLog } from '../support/note-log.ts';
import { ScriptedLine } from '../support/scripted-pipe.ts';
import { eventually } from '../support/wait.ts';

const start = Date.UTC(2026, 2, 2, 8);
/** As many as a bus has that is polled each second by four requests with their answers. */
const framesASecond = 8;
const beforeSeconds = 60;
const afterSeconds = 30;
const settings: ModbusRtuConnector = {
  type: 'modbus-rtu',
  name: 'bus',
  port: { path: 'scripted', baudRate: 115_200 },
  requestTimeoutMilliseconds: 5000,
  slaves: [
    {
      deviceId: 'pump',
      unitId: 1,
      pollMilliseconds: 20,
      points: [0, 200, 400, 600].map((address) => ({
        signal: `pressure-${address}`,
        table: 'holding-register',
        address,
      })),
    },
  ],
};

let connector: Connector | undefined;
afterEach(() => connector?.stop());

test('The recording of a polled bus has every request and answer of the minute before an alert and of the half minute after it', async () => {
  const recorder = new FlightRecorder({ beforeSeconds, afterSeconds });
  const line = new ScriptedLine();
  const slaves = new ModbusSlaves((frame) => line.emit(frame));
  line.answer = (bytes) => slaves.receive(bytes);
  slaves.hold(1, { 0: 1, 200: 2, 400: 3, 600: 4 });
  const passed: string[] = [];
  const timeOf = (number: number) => start + Math.floor((number * 1000) / framesASecond);
  const context = Object.assign(new RecordingContext(), {
    frame: (frame: Frame) => {
      recorder.noteFrame(frame, timeOf(passed.length));
      passed.push(`${frame.direction} ${Buffer.from(frame.bytes).toString('hex')}`);
    },
  });
  const shell = { clock: systemClock, logger: noteLog([]) };
  connector = createModbusConnector(settings, context, shell, line.open);
  await connector.start();
  const raisedAfter = 2 * beforeSeconds * framesASecond;
  await eventually('two minutes of the bus', () => passed.length > raisedAfter, 60_000);
  const raised = passed.length;
  const raisedAt = timeOf(raised);
  recorder.raised(alertTransition({ deviceId: 'pump', sourceTime: raisedAt }), raisedAt);
  const before = recorder.due(raisedAt).find(({ part }) => part === 'before')?.recording;
  expect(textOf(before)).toEqual(passed.slice(raised - beforeSeconds * framesASecond, raised));

  const ended = raised + afterSeconds * framesASecond;
  await eventually('half a minute more', () => passed.length >= ended, 60_000);
  const until = passed.length;
  const after = recorder.due(timeOf(until)).find(({ part }) => part === 'after')?.recording;
  expect(textOf(after)).toEqual(passed.slice(raised, until));
  for (const part of [before, after]) {
    expect(Value.Check(AlertRecording, part)).toBe(true);
    expect(part).not.toHaveProperty('framesTruncated');
  }
  expect(recorder.memoryBytes).toBeLessThanOrEqual(65 * 1024);
}, 150_000);

const textOf = (recording: AlertRecording | undefined): string[] =>
  (recording?.frames ?? []).map(({ direction, hexadecimal }) => `${direction} ${hexadecimal}`);
