import { type ChildProcess, execFile, fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launcher } from '@andon/shared/programs';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/wait.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(commandLine: string[]) {
  const child = fork(launcher, ['simulator', ...commandLine], { silent: true });
  children.push(child);
  let output = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ready = new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${output}`)));
  }).then((message) => expect(message).toMatchObject({ type: 'ready' }));
  // Who waits for its end need not wait for its beginning.
  ready.catch(() => undefined);
  return { child, ready, ended, output: () => output };
}

const command = (...commandLine: string[]) =>
  promisify(execFile)(process.execPath, [launcher, 'simulator', ...commandLine]);

describe('the simulator as a process', () => {
  it('stops cleanly when its supervisor is gone', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    const { child, ready, ended } = start(['run', '--data', data, '--scenario', 'quiet']);
    await ready;
    expect(existsSync(join(data, 'ports/oven'))).toBe(true);
    child.disconnect();
    expect(await ended).toBe(0);
    expect(existsSync(join(data, 'ports/oven'))).toBe(false);
    expect(existsSync(join(data, 'control.json'))).toBe(false);
  });

  it('stops cleanly when its supervisor was gone before it could hear of it', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    const { child, ended } = start(['run', '--data', data, '--scenario', 'quiet']);
    child.disconnect();
    expect(await ended).toBe(0);
    expect(existsSync(join(data, 'control.json'))).toBe(false);
  });

  it('stops cleanly on SIGTERM', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    const { child, ready, ended } = start(['run', '--data', data, '--scenario', 'quiet']);
    await ready;
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('is broken and repaired from another terminal, and says what it does not know', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    await start(['run', '--data', data, '--scenario', 'quiet']).ready;
    expect((await command('fault', 'oven-1', 'sensor-drift', '--data', data)).stdout).toMatch(
      /oven-1.*fault sensor-drift/,
    );
    expect((await command('repair', 'oven-1', '--data', data)).stdout).toMatch(/oven-1.*fault none/);
    await expect(command('fault', 'oven-2', 'fire', '--data', data)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('press-1, pump-1, oven-1'),
    });
    await expect(command('devices', '--data', `${data}-elsewhere`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No simulator is running'),
    });
  });

  it('keeps a fault over SIGKILL, does not tell the scenario over it, and tells it again once all are well', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    const scenario = join(data, 'scenario.yaml');
    writeFileSync(scenario, 'steps:\n  - { at: 0.1, device: pump-1, fault: bearing }\n');
    const memory = () => JSON.parse(readFileSync(join(data, 'pump-1.memory.json'), 'utf8'));
    const first = start(['run', '--data', data, '--scenario', scenario]);
    await eventually('the fault', () => first.output().includes('pump-1 breaks'));
    first.child.kill('SIGKILL');
    await first.ended;
    expect(memory()).toMatchObject({ boots: 1, fault: { name: 'bearing' } });

    const second = start(['run', '--data', data, '--scenario', scenario]);
    await second.ready;
    await eventually('the remark', () => second.output().includes('pump-1 is still broken (bearing)'));
    await command('repair', 'pump-1', '--data', data);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(memory()).toEqual({ boots: 2 });

    const third = start(['run', '--data', data, '--scenario', scenario]);
    await eventually('the fault again', () => third.output().includes('pump-1 breaks'));
  });
});
