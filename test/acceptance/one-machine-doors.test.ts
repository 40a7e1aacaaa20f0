import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDataDirectory } from '../../cloud/one-machine/index.ts';
import { newDataDirectory, startOneMachine } from '../support/one-machine.ts';

describe('npm start where it cannot', () => {
  it('says in one line that Andon is running on the same data already', async () => {
    const data = newDataDirectory();
    const release = lockDataDirectory(join(data, 'lock.db'));
    const second = startOneMachine(data);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toBe(
      `Andon is already running on the data in ${data}. ` +
        'Stop that one first, or start this one with another ANDON_DATA_DIR.\n',
    );
    expect(second.stdout()).toBe('');
    release();
  });

  for (const [setting, what] of [
    ['ANDON_HTTP_PORT', 'the console'],
    ['ANDON_MQTT_PORT', "the gateway's MQTT broker"],
    ['ANDON_GATEWAY_PORT', "the gateway's status page"],
  ] as const) {
    it(`says in one line that the port for ${what} is in use, and which setting changes it`, async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const address = other.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      const machine = startOneMachine(newDataDirectory(), { [setting]: String(port) });
      expect(await machine.ended).toEqual({ code: 1, signal: null });
      expect(machine.stderr()).toMatch(
        new RegExp(
          `^Port ${port}, wanted for ${what}, is in use by another program\\. .*${setting}=\\d+ npm start\\n$`,
        ),
      );
      other.close();
    });
  }

  it('names the setting that is wrong', async () => {
    const port = startOneMachine(newDataDirectory(), { ANDON_MQTT_PORT: '18830x' });
    expect(await port.ended).toEqual({ code: 1, signal: null });
    expect(port.stderr()).toMatch(/^ANDON_MQTT_PORT is "18830x".*\n$/);
    const demo = startOneMachine(newDataDirectory(), { ANDON_DEMO: 'yes' });
    expect(await demo.ended).toEqual({ code: 1, signal: null });
    expect(demo.stderr()).toMatch(/^ANDON_DEMO is "yes".*\n$/);
  });

  it('shows what a part said that could not start', async () => {
    const machine = startOneMachine(newDataDirectory(), { ANDON_ADMIN_EMAIL: 'nobody' });
    expect(await machine.ended).toEqual({ code: 1, signal: null });
    expect(machine.stderr()).toMatch(
      /^cloud ended while it was starting: ANDON_ADMIN_EMAIL should be an email/,
    );
    expect(machine.stderr()).toMatch(/logs\/cloud\.log\n$/);
  });
});
