import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LedgerDevice } from '../support/ledger.ts';
import { type House, showLogsOfFailures, startHouse } from '../support/processes.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { createCategory, createCustomer, type DeviceCredentials, registerDevice } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

describeRequiring(
  'mosquitto_pub, a client that nobody here wrote',
  { mosquitto_pub: hasProgram('mosquitto_pub') },
  () => {
    let house: House;
    let press: DeviceCredentials;
    /** The second device, which goes on undisturbed through all of it. */
    let neighbour: LedgerDevice;

    beforeAll(async () => {
      house = await startHouse();
      const customer = await createCustomer(house);
      await createCategory(house, {
        id: 'press',
        name: 'Presses',
        signals: [
          { name: 'temperature', unit: 'Cel' },
          { name: 'count', unit: '1' },
        ],
        rules: [],
      });
      press = await registerDevice(house, customer, { deviceId: 'press-1', categoryId: 'press' });
      const credentials = await registerDevice(house, customer, { deviceId: 'press-2', categoryId: 'press' });
      neighbour = new LedgerDevice({
        url: house.gateway.mqttUrl,
        credentials,
        signal: 'count',
        perSecond: 20,
        shape: (serial) => serial,
      });
      neighbour.run();
    });

    showLogsOfFailures(() => house);
    afterAll(async () => {
      await neighbour?.close();
      await house?.close();
    });

    /** Gives its exit code and what it said. */
    function publish({
      topic,
      message,
      password = press.password,
      quality = '1',
    }: {
      topic: string;
      message: string;
      password?: string;
      quality?: string;
    }): Promise<{ code: number; said: string }> {
      const file = join(house.folder, 'message');
      writeFileSync(file, message);
      const parameters = ['-h', '127.0.0.1', '-p', String(house.gateway.mqttPort), '-u', press.username];
      return new Promise((resolve) => {
        execFile(
          'mosquitto_pub',
          [...parameters, '-P', password, '-i', 'shell', '-q', quality, '-t', topic, '-f', file],
          { timeout: 10_000 },
          (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), said: `${stdout}${stderr}` }),
        );
      });
    }

    const telemetry = (message: string) => publish({ topic: 'devices/press-1/telemetry', message });

    async function signalsOf(deviceId: string) {
      const { body } = await house.api().get(`/v1/devices/${deviceId}/signals`);
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects; a wrong guess fails there.
      return body.items as any[];
    }

    /** The reason is counted at the gateway and known in the cloud. */
    async function counted(reason: string, deviceId: string | null): Promise<void> {
      await eventually(`${reason} to be counted at the gateway`, async () => {
        return (await house.gateway.metric('andon_gateway_rejections_total', { reason })) >= 1;
      });
      await eventually(`${reason} to be counted in the cloud`, async () => {
        const { body } = await house.api().get(`/v1/gateways/${house.gatewayId}/rejections`);
        return body.items.some(
          (one: { reason: string; deviceId: string | null; count: number }) =>
            one.reason === reason && one.deviceId === deviceId && one.count >= 1,
        );
      });
    }

    test('[I8] [I1] the first reading turns the device connected, and is on its record', async () => {
      expect((await house.api().get('/v1/devices/press-1')).body).toMatchObject({
        connected: false,
        lastActivityAt: null,
      });
      // A last will is left out, and the connection ends at once: only the reading itself tells of it.
      expect(await telemetry('{"temperature": 41.5}')).toEqual({ code: 0, said: '' });
      const signal = await eventually('the reading', async () =>
        (await signalsOf('press-1')).find(({ signal }) => signal === 'temperature'),
      );
      expect(signal).toMatchObject({ value: 41.5, unit: 'Cel', quality: 'GOOD' });
      await eventually('the device to be registered', async () => {
        const { body } = await house.api().get('/v1/devices/press-1');
        return body.registrationStatus === 'registered' && body.lastActivityAt !== null;
      });
      const { body } = await house.api().get('/v1/devices/press-1/registration-history');
      const states = body.items.map(({ to }: { to: string }) => to);
      expect(states).toEqual(expect.arrayContaining(['in-progress', 'registered']));
      const { body: events } = await house.api().get('/v1/events?key=press-1');
      expect(
        events.items
          .filter(({ type }: { type: string }) => type === 'device.connection-changed')
          .map(({ payload }: { payload: { connected: boolean } }) => payload.connected),
      ).toContain(true);
    });

    test('[I8] a wrong password is refused', async () => {
      const { code, said } = await publish({
        topic: 'devices/press-1/telemetry',
        message: '{"temperature": 1}',
        password: 'guessed',
      });
      expect(code).not.toBe(0);
      expect(said).toMatch(/not authori[sz]ed/i);
      await counted('wrong-password', 'press-1');
    });

    test("[I8] another device's topic is refused", async () => {
      const { code } = await publish({ topic: 'devices/press-2/telemetry', message: '{"temperature": 666}' });
      expect(code).not.toBe(0);
      await counted('topic-not-allowed', 'press-1');
      expect((await signalsOf('press-2')).map(({ signal }) => signal)).toEqual(['count']);
    });

    test('[I8] a payload of 2 MB is refused', async () => {
      const { code } = await telemetry(JSON.stringify({ note: 'x'.repeat(2 * 1024 * 1024) }));
      expect(code).not.toBe(0);
      await counted('payload-too-large', 'press-1');
    });

    test('[I8] broken JSON is acknowledged, so that it is not sent for ever, and counted', async () => {
      expect((await telemetry('{"temperature": 4')).code).toBe(0);
      await counted('broken-json', 'press-1');
    });

    test('[I8] text where a number belongs is a reading of BAD quality with its reason', async () => {
      expect((await telemetry('{"temperature": "hot"}')).code).toBe(0);
      const signal = await eventually('the bad reading', async () =>
        (await signalsOf('press-1')).find(({ quality }) => quality === 'BAD'),
      );
      expect(signal).toMatchObject({ signal: 'temperature', value: 'hot', qualityReason: 'not-a-number' });
      expect(await house.gateway.metric('andon_gateway_bad_readings_total', { reason: 'not-a-number' })).toBe(
        1,
      );
      const { body } = await house.api().get('/v1/devices/press-1/readings?signal=temperature');
      expect(
        body.buckets.reduce((sum: number, { badCount }: { badCount: number }) => sum + badCount, 0),
      ).toBe(1);
    });

    test('[I8] its neighbour was never disturbed', async () => {
      await neighbour.stop();
      await house.drained();
      expect(neighbour.reconnections).toBe(0);
      const { body } = await house.api().get('/v1/devices/press-2');
      expect(body.connected).toBe(true);
      const rows = await house.query<{ value: number }>(
        `select readings.value from readings join telemetry_signals on telemetry_signals.id = signal_id
        where device_id = 'press-2' and name = 'count' order by readings.id`,
      );
      expect(rows.map(({ value }) => value)).toEqual([...neighbour.sent.keys()]);
    });
  },
);
