import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newDataDirectory, type OneMachine, signIn, startOneMachine } from '../support/one-machine.ts';
import { eventually } from '../support/wait.ts';

type Item = Record<string, unknown>;

/** Generous: other tests share the machine. What a person gets is the story within a minute. */
const storyMillisecondsMax = 150_000;

let machine: OneMachine;
let person: Awaited<ReturnType<typeof signIn>>;
let url: string;

beforeAll(async () => {
  machine = startOneMachine(newDataDirectory());
  const ready = await machine.ready();
  url = ready.url;
  person = await signIn(url, ready.email, ready.password ?? '');
}, storyMillisecondsMax);

afterAll(async () => {
  machine.child.kill('SIGTERM');
  await machine.ended;
  rmSync(machine.dataDirectory, { recursive: true, force: true });
}, storyMillisecondsMax);

const alertsOf = (deviceId: string) => person.items(`/v1/alerts?deviceId=${deviceId}`);
const commandsOf = (deviceId: string) => person.items(`/v1/devices/${deviceId}/commands`);
const soon = <T>(what: string, probe: () => Promise<T>) => eventually(what, probe, storyMillisecondsMax);

describe('the story of npm start', () => {
  it('registers the devices with their gateway, and the first reading connects them [I1]', {
    timeout: storyMillisecondsMax,
  }, async () => {
    for (const deviceId of ['press-1', 'pump-1', 'oven-1']) {
      const device = await soon(`${deviceId} to be connected`, async () => {
        const found = await person.get(`/v1/devices/${deviceId}`);
        return found.connected === true && found.registrationStatus === 'registered' ? found : undefined;
      });
      expect(device).toMatchObject({ gatewayId: 'line-1', accountName: 'Ridgeway Foods', simulated: true });
      const history = await person.items(`/v1/devices/${deviceId}/registration-history`);
      expect(history.length).toBeGreaterThanOrEqual(2);
      await soon(`readings of ${deviceId}`, async () => {
        const signals = await person.items(`/v1/devices/${deviceId}/signals`);
        return signals.some(({ signal, quality }) =>
          signal === 'temperature' || signal === 'flow' ? quality === 'GOOD' : false,
        );
      });
    }
  });

  it('sees the press overheat, reboots it, and telemetry proves that it helped [I2] [I4]', {
    timeout: storyMillisecondsMax,
  }, async () => {
    const alert = await soon('the alert of the press', async () => (await alertsOf('press-1'))[0]);
    expect(alert).toMatchObject({ signal: 'temperature', errorCode: 21, setpoint: 100, unit: 'Cel' });
    expect(Number(alert.value)).toBeGreaterThanOrEqual(100);
    expect(alert.ruleVersion).toBe(1);
    const command = await soon('the reboot', async () =>
      (await commandsOf('press-1')).find(({ state }) => state === 'SUCCEEDED'),
    );
    expect(command.name).toBe('reboot');
    expect(command.bootIdAfter).not.toBe(command.bootIdBefore);
    await soon('the press to be cool', async () => (await alertsOf('press-1'))[0]?.clearedAt);
    expect((await person.items('/v1/cases')).filter(({ deviceId }) => deviceId === 'press-1')).toEqual([]);
  });

  it('opens one case with the evidence when the reboot of the pump does not help, and tells the customer [I5] [J9] [J10] [C4]', {
    timeout: storyMillisecondsMax,
  }, async () => {
    const opened = await soon('the case', async () =>
      (await person.items('/v1/cases')).find(({ deviceId }) => deviceId === 'pump-1'),
    );
    expect(opened).toMatchObject({ errorCode: 17, priority: 'critical', origin: 'iot', status: 'active' });
    const [alert] = await alertsOf('pump-1');
    expect(opened.alertId).toBe(alert?.id);
    expect(await commandsOf('pump-1')).toMatchObject([{ name: 'reboot', state: 'SUCCEEDED' }]);
    const text = await soon('the text message', () => received('sms'));
    expect(text.to).toBe('+12025550143');
    expect(text.text).toContain(String(opened.number));
    const link = /https?:\/\/\S+\/c\/[A-Za-z0-9_-]+/.exec(String(text.text))?.[0] ?? '';
    const page = await fetch(link);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(String(opened.number));
    const { number } = opened;
    expect((await person.items('/v1/cases')).filter((one) => one.number === number)).toHaveLength(1);
  });

  it('sends the customer an email when somebody resolves the case [J15]', {
    timeout: storyMillisecondsMax,
  }, async () => {
    const opened = await soon('the case', async () => (await person.items('/v1/cases?status=active'))[0]);
    expect(await received('email')).toBeUndefined();
    const resolved = await person.call('POST', `/v1/cases/${opened.id}/resolve`, {
      resolution: 'New bearing.',
    });
    expect(resolved.status).toBeLessThan(300);
    const email = await soon('the email', () => received('email'));
    expect(email.to).toContain('maria.keller@ridgeway-foods.example');
    expect(`${email.subject} ${email.text}`).toContain(String(opened.number));
  });
});

async function received(channel: 'sms' | 'email'): Promise<Item | undefined> {
  return (await person.items('/v1/received-messages')).find((message) => message.channel === channel);
}
