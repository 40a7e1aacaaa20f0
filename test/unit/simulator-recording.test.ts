import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cellsOf,
  type RecordedValue,
  readRecording,
  recordedTime,
  shiftedToNow,
} from '../../device-firmware-sim/replay/index.ts';
import { describeRequiring, hasRecording, recordingFile } from '../support/requires.ts';

const columns = { time: 'timestamp', value: 'value' };

async function rowsIn(file: string): Promise<RecordedValue[]> {
  const rows: RecordedValue[] = [];
  for await (const row of readRecording(file, columns)) rows.push(row);
  return rows;
}

async function rowsOf(text: string) {
  const file = join(mkdtempSync(join(tmpdir(), 'andon-recording-')), 'recording.csv');
  writeFileSync(file, text);
  return rowsIn(file);
}

describe('the reader of recordings', () => {
  it('takes a time without a zone mark as UTC, whatever the zone of the machine', () => {
    const zoneBefore = process.env.TZ;
    process.env.TZ = 'America/Sao_Paulo';
    try {
      expect(recordedTime('2013-12-02 21:15:00')).toBe(Date.UTC(2013, 11, 2, 21, 15));
      expect(recordedTime('2013-12-02T21:15')).toBe(Date.UTC(2013, 11, 2, 21, 15));
      expect(recordedTime('2013-12-02 21:15:00.250')).toBe(Date.UTC(2013, 11, 2, 21, 15, 0, 250));
    } finally {
      process.env.TZ = zoneBefore;
    }
  });

  it('follows a zone mark and takes epoch milliseconds', () => {
    expect(recordedTime('2013-12-02T21:15:00Z')).toBe(Date.UTC(2013, 11, 2, 21, 15));
    expect(recordedTime('2013-12-02 21:15:00+02:00')).toBe(Date.UTC(2013, 11, 2, 19, 15));
    expect(recordedTime('1386018900000')).toBe(1_386_018_900_000);
    expect(recordedTime('yesterday')).toBeUndefined();
    expect(recordedTime('2013-13-02 21:15:00')).toBeUndefined();
  });

  it('shifts all times by so much that the newest row is of now', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'andon-recording-')), 'recording.csv');
    writeFileSync(
      file,
      'timestamp,value\n2013-12-02 21:15:00,1\n2013-12-02 21:25:00,2\n2013-12-02 21:20:00,3\n',
    );
    const now = Date.UTC(2026, 2, 2, 8);
    const ages: number[] = [];
    for await (const { ts } of shiftedToNow(() => readRecording(file, columns), now)) {
      ages.push((now - ts) / 60_000);
    }
    expect(ages).toEqual([10, 0, 5]);
  });

  it('splits cells with quotes and commas', () => {
    expect(cellsOf('a,"b, ""c""",,d')).toEqual(['a', 'b, "c"', '', 'd']);
  });

  it('keeps order and repeated times, and passes on what is no number as it stands', async () => {
    const rows = await rowsOf(
      '\uFEFFvalue,timestamp\r\n1.5,2013-12-02 21:15:00\r\nbad,2013-12-02 21:15:00\r\n,2013-12-02 21:10:00\r\n',
    );
    expect(rows.map(({ value, line }) => [value, line])).toEqual([
      [1.5, 2],
      ['bad', 3],
      [null, 4],
    ]);
    expect(rows[0]?.ts).toBe(rows[1]?.ts);
  });

  it('names the line whose time cannot be read, and the columns when one is missing', async () => {
    await expect(rowsOf('timestamp,value\n2013-12-02 21:15:00,1\nsoon,2\n')).rejects.toThrow(
      /line 3: "soon"/,
    );
    await expect(rowsOf('time,value\n1,2\n')).rejects.toThrow(/no column "timestamp", only time, value/);
    await expect(rowsOf('')).rejects.toThrow(/empty/);
  });
});

describeRequiring('the recording of a real machine', { 'machine_temperature.csv': hasRecording }, () => {
  it('holds 22,695 rows', async () => {
    const rows = await rowsIn(recordingFile);
    expect(rows).toHaveLength(22_695);
    expect(rows[0]).toEqual({ ts: Date.UTC(2013, 11, 2, 21, 15), value: 73.96732207, line: 2 });
    expect(rows.every(({ value }) => typeof value === 'number')).toBe(true);
  });
});
