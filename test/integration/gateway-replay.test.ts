import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launcher } from '@andon/shared/programs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeRequiring, hasRecording, recordingFile } from '../support/requires.ts';

const run = promisify(execFile);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'andon-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const configuration = (silence: number) =>
  write(
    'gateway.yaml',
    `
gateway: { id: hall }
devices:
  - id: machine
    signals: [{ name: temperature, unit: Cel, maximum: 500 }]
    rules:
      - name: temperature
        version: 1
        signal: temperature
        limits:
          hihi: { setpoint: 105, deadband: 2, severity: CRITICAL, errorCode: 42 }
          hi: { setpoint: 100, deadband: 2, severity: MAJOR, errorCode: 41 }
          lo: { setpoint: 45, deadband: 2, severity: MINOR }
          lolo: { setpoint: 20, deadband: 2, severity: CRITICAL }
      - { name: silent, version: 1, signal: temperature, stale: { afterMilliseconds: ${silence}, severity: MINOR } }
`,
  );

const replay = async (silence: number, ...parameters: string[]): Promise<string> => {
  const config = configuration(silence);
  return (await run(process.execPath, [launcher, 'gateway', 'replay', '--config', config, ...parameters]))
    .stdout;
};
const hour = 3_600_000;
const minute = 60_000;

describeRequiring('the recording of a machine that failed', { 'the recording': hasRecording }, () => {
  test('replayed gives exactly its 33 alerts, how many a day, and what would be better settings', async () => {
    const report = JSON.parse(await replay(hour, '--input', recordingFile, '--json'));
    expect(report).toMatchObject({ rows: 22_695, readings: 22_695, refused: {} });
    const [rule] = report.rules;
    expect(rule).toMatchObject({
      rule: 'temperature',
      alerts: 33,
      byState: { HI: 28, HIHI: 2, LO: 2, LOLO: 1 },
      chatter: 0,
      isOpen: false,
    });
    expect(rule.alertsADay).toBeCloseTo(0.42, 2);
    expect(rule.occurrences).toHaveLength(33);
    const table = await replay(hour, '--input', recordingFile);
    expect(table).toContain('machine  temperature      33   0.42');
    expect(table).toMatch(/deadband .* instead of 2: noise .* × 3; \d+ of \d+ returns/);
  });
});

describe('a recording with a value a row', () => {
  test('shows delays, silence and chatter as they would have been, and counts rows that cannot be read', async () => {
    const rows = ['when,name,reading'];
    const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2, 8) + seconds * 1000).toISOString();
    for (let flap = 0; flap < 4; flap += 1) {
      rows.push(`${at(flap * 10)},temperature,101`, `${at(flap * 10 + 5)},temperature,20.5`);
    }
    rows.push('yesterday,temperature,3', `${at(60)},"temperature",`, `${at(400)},temperature,30`);
    const input = write('flapping.csv', rows.join('\r\n'));
    const report = JSON.parse(
      await replay(
        minute,
        '--input',
        input,
        '--time',
        'when',
        '--value',
        'reading',
        '--signal',
        'temperature',
        '--json',
      ),
    );
    expect(report.refused).toEqual({ 'the time cannot be read': 1, 'there is no value': 1 });
    const [temperature, silent] = report.rules;
    expect(temperature).toMatchObject({ chatter: 1, byState: { LO: 1, HI: 2 } });
    expect(silent).toMatchObject({ alerts: 1, occurrences: [{ raisedAt: Date.UTC(2026, 2, 2, 8, 1, 35) }] });
  });

  test('may be JSON that Andon gave, of which mistakes are named', async () => {
    const items = [0, 101, 0].map((value, index) => ({
      sourceTime: new Date(Date.UTC(2026, 2, 2, 8, index)).toISOString(),
      value,
      quality: 'GOOD',
    }));
    const page = write('page.json', JSON.stringify({ items, nextCursor: null }, null, 2));
    const report = JSON.parse(await replay(hour, '--input', page, '--json'));
    expect(report).toMatchObject({ rows: 3, warnings: [] });
    expect(report.rules[0]).toMatchObject({ byState: { HI: 1, LOLO: 2 } });
    const wrong = write('wrong.json', '[{ "items": [{ "value": 1 }] }]');
    await expect(replay(hour, '--input', wrong)).rejects.toThrow('At /0/items/0');
  });

  test('is refused with what is missing', async () => {
    const input = write('nameless.csv', 'a,b\n1,2\n');
    await expect(replay(hour, '--input', input)).rejects.toThrow('No column holds the time; there are a, b.');
    await expect(replay(hour, '--input', join(folder, 'absent.csv'))).rejects.toThrow(
      'There is no recording',
    );
    await expect(replay(hour, '--input', input, '--colour', 'red')).rejects.toThrow('usage:');
  });
});
