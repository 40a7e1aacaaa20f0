import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../device-firmware-sim/config/index.ts';
import { loadScenario, story } from '../../device-firmware-sim/scenarios/index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'andon-settings-'));

describe('the settings of the simulator', () => {
  it('takes connections from the file of the data folder, its paths relative to it', () => {
    const data = folder();
    writeFileSync(
      join(data, 'connections.json'),
      JSON.stringify({
        press: { url: 'mqtt://10.0.0.1:1884', username: 'press-1', password: 'secret' },
        pump: { link: 'tty/pump', unitId: 7 },
      }),
    );
    expect(readSettings(['run', '--data', data], { ANDON_MQTT_PORT: '1999' })).toEqual({
      command: 'run',
      dataDirectory: data,
      scenario: 'story',
      press: { url: 'mqtt://10.0.0.1:1884', username: 'press-1', password: 'secret' },
      pump: { link: join(data, 'tty/pump'), unitId: 7 },
      oven: { link: join(data, 'ports/oven') },
    });
  });

  it('puts flags before the environment and that before the file', () => {
    const data = folder();
    const settings = readSettings(['run', '--data', data, '--scenario', 'quiet', '--pump', '/tmp/pump'], {
      ANDON_DEVICE_PASSWORD: 'from the environment',
      ANDON_MQTT_PORT: '1999',
    });
    expect(settings).toMatchObject({
      scenario: 'quiet',
      press: { url: 'mqtt://127.0.0.1:1999', password: 'from the environment' },
      pump: { link: '/tmp/pump', unitId: 1 },
    });
  });

  it('says what is wrong with a file or a command line', () => {
    const data = folder();
    writeFileSync(join(data, 'connections.json'), '{"pump": {"link": "x", "unitId": 900}}');
    expect(() => readSettings(['run', '--data', data], {})).toThrow(/\/pump\/unitId/);
    expect(() => readSettings(['fault', 'press-1'], {})).toThrow(/which fault/);
    expect(() => readSettings(['dance'], {})).toThrow(/no command "dance"/);
    expect(() => readSettings(['run', '--colour', 'red'], {})).toThrow(/--colour/);
    expect(() =>
      readSettings(['replay', 'f.csv', '--device', 'd', '--password', 'p', '--speed', '-1'], {}),
    ).toThrow(/--speed/);
  });

  it('reads what a replay needs', () => {
    expect(
      readSettings(['replay', '/f.csv', '--device', 'd', '--password', 'p', '--speed', '60'], {}),
    ).toEqual({
      command: 'replay',
      file: '/f.csv',
      url: 'mqtt://127.0.0.1:1883',
      deviceId: 'd',
      password: 'p',
      signal: 'temperature',
      speed: 60,
      timeColumn: 'timestamp',
      valueColumn: 'value',
      shiftToNow: false,
    });
  });
});

describe('the scenarios of the simulator', () => {
  it('knows the story, and reads another from YAML', () => {
    const file = join(folder(), 'mine.yaml');
    writeFileSync(file, 'seed: 3\nsteps:\n  - { at: 1, device: oven-1, fault: sensor-drift }\n');
    expect(loadScenario('story')).toBe(story);
    expect(loadScenario(file)).toEqual({
      seed: 3,
      steps: [{ at: 1, device: 'oven-1', fault: 'sensor-drift' }],
    });
  });

  it('says what is wrong with a scenario', () => {
    const file = join(folder(), 'wrong.yaml');
    writeFileSync(file, 'steps:\n  - { at: -1, device: oven-1, repair: true }\n');
    expect(() => loadScenario(file)).toThrow(/\/steps\/0/);
    expect(() => loadScenario('/nowhere.yaml')).toThrow(/cannot be used/);
  });
});
