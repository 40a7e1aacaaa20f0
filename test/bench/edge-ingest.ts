/**
 * How fast the gateway's broker takes readings in, durably, against a bare ceiling; and how fast alert rules are judged:
 *
 *   node test/bench/edge-ingest.ts [rounds]
 *
 * 50 clients on raw sockets, in a thread of their own, publish JSON of 121 bytes (four signals) with QoS 1 and keep up
 * to 100 publications unacknowledged each. In turn, in one process and on one kind of load:
 *
 * - `bare`: aedes with an `authorizePublish` that parses the JSON, and keeps nothing;
 * - `durable`: the gateway's broker, redelivery keys, signals, one alert rule of each device, and the outbox on a disk
 *   (WAL, synchronous FULL), so that an acknowledged publication survives a power cut.
 *
 * The outbox is filled and not emptied meanwhile. Printed are publications a second (median over rounds) and the share
 * of the bare ceiling (median of the rounds' shares), then evaluations of a rule by a reading.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { AlertRule, DeviceDefinition, Reading } from '@andon/shared/contracts';
import { jitter, systemClock, uuidv7Source } from '@andon/shared/kernel';
import { Aedes } from 'aedes';
import { createAlertEngine } from '../../gateway/alerts/index.ts';
import { createConnectors } from '../../gateway/connectors/index.ts';
import { Outbox } from '../../gateway/outbox/index.ts';
import {
  DeviceRegistry,
  DeviceStates,
  LatestReadings,
  LocalActions,
  Pipeline,
} from '../../gateway/pipeline/index.ts';
import { toReadings } from '../../gateway/signals/index.ts';

const clients = 50;
const inFlightMax = 100;
const publicationsPerClient = 2000;
const payloadBytes = 121;
const password = 'bench';
const deviceId = (client: number): string => `press-${client}`;

/** One load: its port, and how many publications a second were acknowledged. */
interface Load {
  readonly port: number;
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};

/** An MQTT 3.1.1 packet (section 2.2). */
function packet(firstByte: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([firstByte, ...length]), body]);
}

function publication(client: number, number: number): Buffer {
  const values = { temperature: 72.31, pressure: 152.4, vibration: 1.42, cycles: 184_220 + number };
  const payload = JSON.stringify({ ts: 1_700_000_000_000 + number, values, bootId: '' });
  const padded = payload.replace('""', `"${'b'.repeat(payloadBytes - payload.length)}"`);
  const packetId = Buffer.from([(number + 1) >> 8, (number + 1) & 0xff]);
  return packet(0x32, text(`devices/${deviceId(client)}/telemetry`), packetId, Buffer.from(padded));
}

/** Publishes all, at most `inFlightMax` unacknowledged, and resolves at the last acknowledgement. */
function publishAll(socket: Socket, packets: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let bytes = 0;
    const send = () => {
      const acknowledged = Math.floor(bytes / 4);
      const until = Math.min(packets.length, acknowledged + inFlightMax);
      if (until > sent) {
        socket.write(Buffer.concat(packets.slice(sent, until)));
        sent = until;
      }
      if (acknowledged === packets.length) {
        socket.off('data', take);
        resolve();
      }
    };
    // Each PUBACK has four bytes, and nothing else comes.
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      send();
    };
    socket.on('data', take);
    socket.once('close', () => reject(new Error('the broker ended a connection')));
    send();
  });
}

async function signIn(port: number, client: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const id = deviceId(client);
  socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 0xc2, 0, 0]), text(id), text(id), text(password)));
  let answer = Buffer.alloc(0);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length === 4) {
        resolve();
      }
    });
  });
  socket.removeAllListeners('data');
  if (answer.toString('hex') !== '20020000') {
    throw new Error(`the broker refused ${id}`);
  }
  return socket;
}

async function runLoad({ port }: Load): Promise<number> {
  const every = Array.from({ length: clients }, (_, client) => client);
  const packets = every.map((client) =>
    Array.from({ length: publicationsPerClient }, (_, number) => publication(client, number)),
  );
  const sockets = await Promise.all(every.map((client) => signIn(port, client)));
  const start = systemClock.monotonic();
  await Promise.all(sockets.map((socket, client) => publishAll(socket, packets[client] ?? [])));
  const seconds = (systemClock.monotonic() - start) / 1000;
  for (const socket of sockets) {
    socket.removeAllListeners('close');
    socket.destroy();
  }
  return (clients * publicationsPerClient) / seconds;
}

function loadOn(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { port } satisfies Load });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });

async function measureBare(): Promise<number> {
  const aedes = await Aedes.createBroker({
    authorizePublish: (_client, { payload }, done) => {
      JSON.parse(payload.toString());
      done(null);
    },
  });
  const server = createServer({ noDelay: true }, aedes.handle);
  const rate = await loadOn(await listening(server));
  await new Promise<void>((resolve) => aedes.close(() => resolve()));
  await new Promise((resolve) => server.close(resolve));
  return rate;
}

const rule: AlertRule = {
  name: 'temperature',
  version: 1,
  signal: 'temperature',
  limits: {
    hihi: { setpoint: 105, deadband: 2, severity: 'CRITICAL' },
    hi: { setpoint: 95, deadband: 2, severity: 'MAJOR' },
  },
};

async function measureDurable(folder: string): Promise<number> {
  const newId = uuidv7Source();
  const outbox = new Outbox({
    file: join(folder, 'outbox.sqlite'),
    bytesMax: 4 * 1024 ** 3,
    clock: systemClock,
    newId,
  });
  const { database } = outbox;
  const mqttPasswordSha256 = createHash('sha256').update(password).digest('hex');
  const devices: DeviceDefinition[] = Array.from({ length: clients }, (_, client) => ({
    id: deviceId(client),
    mqttPasswordSha256,
    rules: [rule],
  }));
  const registry = new DeviceRegistry(database, devices);
  const reject = ({ reason }: { reason: string }) => {
    throw new Error(`a publication was refused: ${reason}`);
  };
  const localActions = new LocalActions(database, {
    outbox,
    steadyNow: () => systemClock.now(),
    jitter,
    perform: async () => undefined,
    onOutcome: () => undefined,
  });
  const pipeline = new Pipeline(database, {
    outbox,
    clock: systemClock,
    clockState: () => 'SYNCHRONIZED',
    registry,
    deviceStates: new DeviceStates(database),
    latestReadings: new LatestReadings(),
    localActions,
    createEngine: (states) => createAlertEngine({ newId, states }),
    toReadings,
    reject,
    onDeviceChanged: () => undefined,
  });
  await pipeline.start();
  const configuration = { gateway: { id: 'bench' }, mqttBroker: { host: '127.0.0.1', port: 0 } };
  const context = {
    ingest: pipeline.ingest.bind(pipeline),
    reject,
    deviceStatus: pipeline.deviceStatus.bind(pipeline),
    commandResult: async () => undefined,
    device: registry.get.bind(registry),
  };
  const { broker } = createConnectors(configuration, context, { clock: systemClock });
  await broker?.start();
  const rate = await loadOn(broker?.address()?.port ?? 0);
  await broker?.stop();
  pipeline.stop();
  const { queued } = outbox.status('readings');
  outbox.close();
  const expected = clients * publicationsPerClient * 4;
  if (queued !== expected) {
    throw new Error(`${queued} readings were kept instead of ${expected}`);
  }
  return rate;
}

/**
 * Evaluations a second: one rule judged by one reading. Every `hotEvery`-th reading is over the limit, the devices taking
 * turns, so it raises the alerts of all rules of its device, and the device's next one clears them.
 */
function measureEvaluations(hotEvery: number): number {
  const rulesPerSignal = 10;
  const engine = createAlertEngine({ newId: uuidv7Source(), states: [] });
  const rules = Array.from({ length: rulesPerSignal }, (_, index) => ({ ...rule, name: `rule-${index}` }));
  const devices = Array.from({ length: 100 }, (_, index) => ({ id: deviceId(index), rules }));
  engine.configure(devices, 0);
  const readingOf = (device: DeviceDefinition, value: number): Reading => ({
    type: 'reading',
    deviceId: device.id,
    signal: 'temperature',
    value,
    unit: 'Cel',
    quality: 'GOOD',
    sourceTime: 1_700_000_000_000,
    gatewayTime: 1_700_000_000_000,
    clockState: 'SYNCHRONIZED',
    historical: false,
  });
  const calm = devices.map((device) => [readingOf(device, 72)]);
  const hot = devices.map((device) => [readingOf(device, 100)]);
  const rounds = Math.ceil(3_000_000 / (devices.length * rulesPerSignal));
  let now = 1_700_000_000_000;
  const start = systemClock.monotonic();
  let evaluated = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < devices.length; index += 1) {
      now += 1;
      const isHot = evaluated % hotEvery === 0;
      engine.evaluate((isHot ? hot[index] : calm[index]) ?? [], now);
      evaluated += 1;
    }
  }
  return (evaluated * rulesPerSignal * 1000) / (systemClock.monotonic() - start);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}

async function main(rounds: number): Promise<void> {
  const bare: number[] = [];
  const durable: number[] = [];
  // The first round warms the machine up, and does not count.
  for (let round = 0; round < rounds + 1; round += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'andon-bench-'));
    const rates = [await measureBare(), await measureDurable(folder)] as const;
    rmSync(folder, { recursive: true, force: true });
    if (round > 0) {
      bare.push(rates[0]);
      durable.push(rates[1]);
    }
  }
  const shares = durable.map((rate, index) => rate / (bare[index] ?? rate));
  const show = (name: string, rate: number, more: string) =>
    process.stdout.write(`${name.padEnd(28)} ${Math.round(rate).toString().padStart(10)} ${more}\n`);
  const range = `${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)}`;
  show('bare', median(bare), 'publications/s');
  show('durable', median(durable), `publications/s  ${median(shares).toFixed(2)} of bare (${range})`);
  show('durable', median(durable) * 4, 'readings/s');
  // 101 has no divisor in common with the number of devices.
  const kinds = [
    { name: 'alert rules, all calm', hotEvery: Number.MAX_SAFE_INTEGER },
    { name: 'alert rules, 1 in 101 hot', hotEvery: 101 },
  ];
  const evaluations = kinds.map(({ hotEvery }) => {
    measureEvaluations(hotEvery);
    return Array.from({ length: rounds }, () => measureEvaluations(hotEvery));
  });
  for (const [index, { name }] of kinds.entries()) {
    show(name, median(evaluations[index] ?? []), 'evaluations/s');
  }
}

if (isMainThread) {
  await main(Number(process.argv[2] ?? 7));
} else {
  parentPort?.postMessage(await runLoad(workerData));
}
