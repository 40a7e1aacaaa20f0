import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigurationReport } from '@andon/shared/contracts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  ConfigurationKeeper,
  type GatewayHealth,
  type LoadedConfiguration,
  VersionStore,
} from '../../gateway/config/index.ts';
import { runningClock } from '../support/clock.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { quietLogger } from '../support/quiet-logger.ts';
import { eventually } from '../support/wait.ts';

const text = (more = '') => `gateway: { id: edge-1, dataDirectory: data }
cloud: { url: "http://cloud", keyFile: key }
mqttBroker: { port: 1883 }
${more}`;

/** A gateway that does what it is told, and is as healthy as the test wants. */
class StubGateway {
  readonly applied: LoadedConfiguration[] = [];
  readonly reports: ConfigurationReport[] = [];
  healthy = true;
  cloudRecords = 0;
  refuses: ((wanted: LoadedConfiguration) => boolean) | undefined;
  hangs: ((wanted: LoadedConfiguration) => boolean) | undefined;

  async apply(wanted: LoadedConfiguration): Promise<void> {
    if (this.refuses?.(wanted)) {
      throw new Error('the port 1884 is in use');
    }
    if (this.hangs?.(wanted)) {
      await new Promise(() => undefined);
    }
    this.applied.push(wanted);
  }

  health(): GatewayHealth {
    return {
      connectors: ['mqtt-broker'],
      connectorsUp: this.healthy ? ['mqtt-broker'] : [],
      cloudConnected: true,
      cloudRecords: this.cloudRecords,
    };
  }

  async report(report: ConfigurationReport): Promise<void> {
    this.reports.push(report);
    this.cloudRecords += 1;
  }

  states(): string[] {
    return this.reports.map(({ version, state }) => `${version ?? 'file'} ${state}`);
  }
}

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let clock: ReturnType<typeof runningClock>;
const keepers: ConfigurationKeeper[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, 'gateway.yaml');
  clock = runningClock();
  writeFileSync(file, text());
});

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
  folder.remove();
});

function openKeeper(gateway: StubGateway, environment: Record<string, string> = {}): ConfigurationKeeper {
  const keeper = new ConfigurationKeeper({
    claim: () => undefined,
    file,
    environment,
    clock,
    logger: quietLogger,
  });
  keepers.push(keeper);
  keeper.attach(gateway);
  return keeper;
}

function push(keeper: ConfigurationKeeper, version: number, pushed: string, within = 60): void {
  keeper.receive({
    type: 'configuration',
    version,
    text: pushed,
    confirmedBy: 'health',
    confirmWithinSeconds: within,
  });
  keeper.proceed();
}

/** Ends the process without a word, as far as the keeper can tell. */
function crash(): void {
  keepers.splice(0);
}

const ports = (gateway: StubGateway) =>
  gateway.applied.map(({ configuration }) => configuration.mqttBroker?.port);

test('A pushed configuration is applied, told to the cloud, and confirmed when it is healthy', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  push(keeper, 1, text().replace('1883', '1884'));
  await eventually('the confirmation', () => gateway.states().includes('1 confirmed'));
  expect(gateway.states()).toEqual(['file confirmed', '1 applied', '1 confirmed']);
  expect(gateway.reports[0]?.text).toBe(text());
  expect(gateway.reports[1]?.changes).toEqual(['the connector mqtt-broker restarts']);
  expect(keeper.status()).toMatchObject({ version: 2, cloudVersion: 1, source: 'cloud', trial: undefined });

  // The same push again, and the same text under another number, change nothing.
  push(keeper, 1, text().replace('1883', '1884'));
  push(keeper, 2, text().replace('1883', '1884'));
  await eventually('the second word', () => gateway.states().includes('2 confirmed'));
  expect(gateway.states().slice(3)).toEqual(['2 confirmed']);
  expect(ports(gateway)).toEqual([1884]);

  // It also runs after a restart, because the file was not edited since.
  await keeper.stop();
  expect(openKeeper(new StubGateway()).loaded.configuration.mqttBroker?.port).toBe(1884);
});

test('A configuration that is not healthy in time is taken back', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  gateway.refuses = () => {
    gateway.healthy = false;
    return false;
  };
  push(keeper, 1, text().replace('1883', '1884'));
  await eventually('the trial', () => gateway.states().includes('1 applied'));
  await eventually('what is missing', () => keeper.status().trial?.missing.length === 1);
  gateway.refuses = undefined;
  clock.advance(60_000);
  await eventually('the way back', () => gateway.states().includes('1 reverted'));
  expect(ports(gateway)).toEqual([1884, 1883]);
  expect(gateway.reports.at(-1)?.reason).toMatch(/not confirmed in time: the connector mqtt-broker is not/);
  expect(keeper.status()).toMatchObject({ version: 1, source: 'file', trial: undefined });
});

test('A configuration that cannot be applied is taken back at once, with the reason', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  gateway.refuses = (wanted) => wanted.configuration.mqttBroker?.port === 1884;
  push(keeper, 1, text().replace('1883', '1884'));
  await eventually('the way back', () => gateway.states().includes('1 reverted'));
  expect(gateway.reports.at(-1)?.reason).toBe('it could not be applied: the port 1884 is in use');
  expect(ports(gateway)).toEqual([1883]);
});

test('A later configuration is not overridden by the way back to the one before it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  gateway.refuses = () => true;
  push(keeper, 1, text().replace('1883', '1884'));
  await vi.advanceTimersByTimeAsync(0);
  expect(gateway.states().at(-1)).toBe('1 reverted');
  expect(ports(gateway)).toEqual([]);
  gateway.refuses = undefined;
  gateway.healthy = false;
  push(keeper, 2, text().replace('1883', '1885'));
  await vi.advanceTimersByTimeAsync(20_000);
  await keeper.confirm();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(gateway.states().at(-1)).toBe('2 confirmed');
  expect(ports(gateway)).toEqual([1885]);
  expect(keeper.loaded.configuration.mqttBroker?.port).toBe(1885);
});

test('The way back is tried again until it is done, also where nothing else comes between', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  gateway.refuses = () => true;
  push(keeper, 1, text().replace('1883', '1884'));
  await vi.advanceTimersByTimeAsync(12_000);
  expect(ports(gateway)).toEqual([]);
  gateway.refuses = undefined;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(ports(gateway)).toEqual([1883]);
});

test('A configuration that never comes into force is taken back when its time is over', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  gateway.hangs = (wanted) => wanted.configuration.mqttBroker?.port === 1884;
  push(keeper, 1, text().replace('1883', '1884'), 60);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(keeper.status().trial).toBeDefined();
  await vi.advanceTimersByTimeAsync(1000);
  expect(gateway.states().at(-1)).toBe('1 reverted');
  expect(gateway.reports.at(-1)?.reason).toMatch(
    /could not be applied: it did not come into force within 60 s/,
  );
  expect(ports(gateway)).toEqual([1883]);
  expect(keeper.status()).toMatchObject({ version: 1, source: 'file', trial: undefined });
});

test('A crash while a configuration is on trial reverts it; an orderly stop does not', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  gateway.refuses = () => {
    gateway.healthy = false;
    return false;
  };
  push(keeper, 1, text().replace('1883', '1884'));
  await eventually('the trial', () => gateway.states().includes('1 applied'));
  await keeper.stop();
  crash();
  const resumed = new StubGateway();
  resumed.healthy = false;
  const second = openKeeper(resumed);
  expect(second.loaded.configuration.mqttBroker?.port).toBe(1884);
  expect(second.status().trial).toBeDefined();
  await eventually('its word', () => resumed.states().includes('1 applied'));
  crash();
  const third = new StubGateway();
  expect(openKeeper(third).loaded.configuration.mqttBroker?.port).toBe(1883);
  await eventually('the report', () => third.states().includes('1 reverted'));
  expect(third.reports[0]?.reason).toMatch(/ended without a word/);
});

test('What is left of the time counts after an orderly restart, however the wall clock was set', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  gateway.refuses = () => {
    gateway.healthy = false;
    return false;
  };
  push(keeper, 1, text().replace('1883', '1884'), 60);
  await eventually('the trial', () => gateway.states().includes('1 applied'));
  await keeper.stop();
  crash();
  clock.set('2020-01-01T00:00:00Z');
  const resumed = new StubGateway();
  resumed.healthy = false;
  openKeeper(resumed);
  await eventually('its word', () => resumed.states().includes('1 applied'));
  clock.advance(60_000);
  await eventually('the way back', () => resumed.states().includes('1 reverted'));
});

test('A configuration with mistakes is refused with its lines, and so is one of another gateway', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  const bad = [
    text('colour: red\n'),
    text().replace('edge-1', 'edge-2'),
    text().replace('keyFile: key', 'keyFile: /etc/shadow'),
  ];
  for (const [index, pushed] of bad.entries()) {
    push(keeper, index + 1, pushed);
    await eventually('the refusal', () => gateway.states().includes(`${index + 1} refused`));
  }
  const mistakes = gateway.reports.slice(1).flatMap((report) => report.mistakes ?? []);
  expect(mistakes.map(({ line, key, message }) => `${line} ${key} ${message}`)).toEqual([
    '4 colour is not known',
    '1 gateway.id must stay edge-1: this is the configuration of another gateway',
    expect.stringMatching(/^2 cloud\.keyFile must name a file in the folder/),
  ]);
  expect(gateway.applied).toEqual([]);
});

test('A check says what would change, or what is wrong, and changes nothing', () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  const id = '0198b1a0-0000-7000-8000-000000000001';
  const check = (checked: string) => keeper.findings({ type: 'configuration-check', id, text: checked });
  expect(check(text('devices: [{ id: press-1 }]\n')).changes).toEqual(['the device press-1 is new']);
  expect(check(text('outbox: { bytesMax: 2000000 }\n')).changes).toEqual([
    'all parts of the gateway restart, because outbox changes',
  ]);
  expect(check(text('divices: []\n')).mistakes).toHaveLength(1);
  expect(gateway.applied).toEqual([]);
});

test('A check from the cloud tells nothing of files outside of the folder, also through links', () => {
  const site = join(folder.path, 'site');
  const outside = join(folder.path, 'outside');
  mkdirSync(site);
  mkdirSync(outside);
  file = join(site, 'gateway.yaml');
  writeFileSync(file, text());
  writeFileSync(join(outside, 'secret.yaml'), 'apiPassword: tiger\npoints: [{ signal: 5 }]\n');
  writeFileSync(join(site, 'pump.yaml'), 'points: [{ signal: speed, table: coil, adress: 1 }]\n');
  symlinkSync(join(outside, 'secret.yaml'), join(site, 'linked.yaml'));
  symlinkSync(outside, join(site, 'linked'));
  const keeper = openKeeper(new StubGateway());
  const id = '0198b1a0-0000-7000-8000-000000000001';
  const messagesFor = (map: string) => {
    const slave = `{ deviceId: press-1, unitId: 1, pollMilliseconds: 500, map: ${map} }`;
    const bus = `{ type: modbus-tcp, name: bus, host: h, slaves: [${slave}] }`;
    const checked = text(`devices: [{ id: press-1 }]\nconnectors: [${bus}]\n`);
    const { mistakes } = keeper.findings({ type: 'configuration-check', id, text: checked });
    return mistakes?.map(({ message }) => message);
  };
  const said = ["cannot be read: there is no such file in the folder of the gateway's configuration"];
  for (const hidden of [
    join(outside, 'secret.yaml'),
    '../outside/secret.yaml',
    '../outside/absent.yaml',
    '../site/pump.yaml',
    join(site, 'pump.yaml'),
    'linked.yaml',
    'linked/secret.yaml',
    'linked/absent.yaml',
    'absent.yaml',
  ]) {
    expect(messagesFor(hidden), hidden).toEqual(said);
  }
  expect(messagesFor('pump.yaml')?.join()).toMatch(/points\[0\]\.adress is not known/);
});

test('A file edited by hand is taken at SIGHUP or at the start; with mistakes, what ran goes on', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  await keeper.reloadFile();
  writeFileSync(file, text().replace('1883', '1885'));
  await keeper.reloadFile();
  await eventually('the confirmation', () => keeper.status().version === 2 && !keeper.status().trial);
  expect(ports(gateway)).toEqual([1885]);

  writeFileSync(file, text('colour: red\n'));
  await expect(keeper.reloadFile()).rejects.toThrow(/colour is not known/);
  expect(keeper.status()).toMatchObject({ version: 2, notice: expect.stringMatching(/not used/) });
  await keeper.stop();
  const second = openKeeper(new StubGateway());
  expect(second.loaded.configuration.mqttBroker?.port).toBe(1885);
  expect(second.status().notice).toMatch(/colour is not known/);
  await second.stop();
  writeFileSync(file, text().replace('1883', '1886'));
  expect(openKeeper(new StubGateway()).loaded.configuration.mqttBroker?.port).toBe(1886);
});

test('A person goes back: from what is on trial, or to the last good version before', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  await expect(keeper.rollback()).rejects.toThrow(/No other good version/);
  await expect(keeper.confirm()).rejects.toThrow(/No configuration waits/);
  keeper.receive({
    type: 'configuration',
    version: 1,
    text: text().replace('1883', '1884'),
    confirmedBy: 'person',
    confirmWithinSeconds: 60,
  });
  keeper.proceed();
  await eventually('the trial', () => gateway.states().includes('1 applied'));
  await keeper.rollback();
  expect(ports(gateway)).toEqual([1884, 1883]);

  push(keeper, 2, text().replace('1883', '1885'));
  await eventually('the trial', () => gateway.states().includes('2 applied'));
  await keeper.confirm();
  await keeper.rollback();
  await eventually('the good one', () => keeper.status().source === 'person' && !keeper.status().trial);
  expect(ports(gateway)).toEqual([1884, 1883, 1885, 1883]);
});

test('The history is bounded, and what is damaged is set aside', async () => {
  const gateway = new StubGateway();
  const keeper = openKeeper(gateway);
  for (let version = 1; version <= 40; version += 1) {
    push(keeper, version, text(`# ${version}\n`));
  }
  await eventually('the last', () => gateway.states().includes('40 confirmed'));
  const stored = join(folder.path, 'data', 'configuration');
  expect(readdirSync(stored).length).toBeLessThanOrEqual(24);
  await keeper.stop();
  expect(new VersionStore(join(folder.path, 'data')).state.versions.length).toBeLessThanOrEqual(20);

  writeFileSync(join(stored, 'state.json'), readFileSync(join(stored, 'state.json'), 'utf8').slice(0, 100));
  expect(openKeeper(new StubGateway()).status()).toMatchObject({ version: 1, source: 'file' });
  expect(existsSync(join(stored, 'state.json.damaged'))).toBe(true);
});

test('A gateway whose first file has mistakes does not start, and says all of them', () => {
  writeFileSync(file, text('colour: red\nconnectors: 5\n'));
  expect(() => openKeeper(new StubGateway())).toThrow(/colour is not known(.|\n)*connectors must be array/);
});
