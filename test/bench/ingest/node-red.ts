/**
 * Node-RED as it is used for the same task: mqtt in, json, a function with a deadband, an HTTP request. On mosquitto, or on
 * the aedes node. It is not installed with Andon: put it into a folder and name that in NODE_RED_FOLDER,
 *
 *   npm install --prefix FOLDER --ignore-scripts node-red@5 node-red-contrib-aedes
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type Contender, contender, onFirstCore, stopped } from './contenders.ts';

const folderOfNodeRed = process.env.NODE_RED_FOLDER ?? '';
const program = join(folderOfNodeRed, 'node_modules/node-red/red.js');
const aedesNode = join(folderOfNodeRed, 'node_modules/node-red-contrib-aedes');

/** Why it cannot be measured here; undefined where it can. */
export const nodeRedAbsent = (): string | undefined =>
  existsSync(program) ? undefined : 'NODE_RED_FOLDER names no folder with Node-RED';
export const aedesNodeAbsent = (): string | undefined =>
  nodeRedAbsent() ??
  (existsSync(aedesNode) ? undefined : 'node-red-contrib-aedes is not installed beside Node-RED');
export const mosquittoAbsent = (): string | undefined =>
  ['/usr/sbin/mosquitto', '/usr/bin/mosquitto'].some(existsSync) ? undefined : 'mosquitto is not installed';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on port ${port}`);
}

const judge = `
const active = context.get(msg.topic) === true;
const temperature = msg.payload.values.temperature;
if (!active && temperature >= 95) {
  context.set(msg.topic, true);
  return { payload: { topic: msg.topic, ts: msg.payload.ts, temperature } };
}
if (active && temperature < 93) { context.set(msg.topic, false); }
return null;
`;

function flow(brokerPort: number, sinkPort: number, withAedes: boolean): object[] {
  const z = 'bench-flow';
  return [
    { id: z, type: 'tab', label: 'bench' },
    {
      id: 'bench-broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(brokerPort),
      clientid: 'node-red',
      autoConnect: true,
      usetls: false,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
      credentials: { user: 'node-red', password: 'bench' },
    },
    ...(withAedes
      ? [
          {
            id: 'bench-aedes',
            type: 'aedes broker',
            z,
            mqtt_port: brokerPort,
            mqtt_ws_bind: 'path',
            mqtt_ws_port: '',
            mqtt_ws_path: '',
            dburl: '',
            usetls: false,
            wires: [[]],
          },
        ]
      : []),
    {
      id: 'bench-in',
      type: 'mqtt in',
      z,
      topic: 'devices/+/telemetry',
      qos: '1',
      datatype: 'utf8',
      broker: 'bench-broker',
      inputs: 0,
      wires: [['bench-json']],
    },
    {
      id: 'bench-json',
      type: 'json',
      z,
      property: 'payload',
      action: 'obj',
      pretty: false,
      wires: [['bench-judge']],
    },
    { id: 'bench-judge', type: 'function', z, func: judge, outputs: 1, libs: [], wires: [['bench-post']] },
    {
      id: 'bench-post',
      type: 'http request',
      z,
      method: 'POST',
      ret: 'txt',
      paytoqs: 'ignore',
      url: `http://127.0.0.1:${sinkPort}/alert`,
      persist: true,
      wires: [[]],
    },
  ];
}

async function startNodeRed(folder: string, brokerPort: number, sinkPort: number, withAedes: boolean) {
  const uiPort = await freePort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flow(brokerPort, sinkPort, withAedes)));
  const settings = {
    uiPort,
    uiHost: '127.0.0.1',
    flowFile: 'flows.json',
    userDir: folder,
    credentialSecret: false,
    httpAdminRoot: false,
    nodesDir: [aedesNode],
    logging: { console: { level: process.env.BENCH_VERBOSE ? 'info' : 'off' } },
    telemetry: { enabled: false },
  };
  writeFileSync(join(folder, 'settings.js'), `module.exports = ${JSON.stringify(settings)};`);
  return onFirstCore(program, ['--settings', join(folder, 'settings.js'), '--userDir', folder]);
}

/** The flow is connected when a message that is over the limit comes out at its end. */
export type WaitForFlow = (port: number) => Promise<void>;

export async function startOnMosquitto(
  sinkPort: number,
  folder: string,
  waitForFlow: WaitForFlow,
): Promise<Contender> {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'set_tcp_nodelay true',
    'persistence false',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'log_type none',
  ];
  writeFileSync(join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  const mosquitto: ChildProcess = spawn(
    'taskset',
    ['-c', '1', 'mosquitto', '-c', join(folder, 'mosquitto.conf')],
    {
      stdio: 'ignore',
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    },
  );
  await listening(port);
  const child = await startNodeRed(folder, port, sinkPort, false);
  await waitForFlow(port);
  const measured = contender(child, port);
  return {
    ...measured,
    stop: async () => {
      await measured.stop();
      await stopped(mosquitto);
    },
  };
}

export async function startOnAedesNode(
  sinkPort: number,
  folder: string,
  waitForFlow: WaitForFlow,
): Promise<Contender> {
  const port = await freePort();
  const child = await startNodeRed(folder, port, sinkPort, true);
  await listening(port);
  await waitForFlow(port);
  return contender(child, port);
}
