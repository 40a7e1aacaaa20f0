/** A thread of gateways that post readings as fast as they are taken: `workerData` says where and for how long. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@andon/shared/kernel';
import type { FleetGateway } from './fleet.ts';

export interface ReadingLoad {
  readonly url: string;
  readonly gateways: readonly FleetGateway[];
  /** Device `device-N` is at gateway N modulo gateways. */
  readonly devices: number;
  readonly recordsPerBatch: number;
  /** Devices in one batch; the batches of a gateway go round all of its devices. */
  readonly devicesPerBatch: number;
  readonly batches: number;
  /** So many batches of each gateway came before. */
  readonly turnsBefore: number;
}
export interface TakenReadings {
  readonly taken: number;
  readonly milliseconds: number;
  /** Posts that were told to come back. */
  readonly deferred: number;
}

const load = workerData as ReadingLoad;
const agent = new Agent({ keepAlive: true, maxSockets: load.gateways.length });
/** What a full door names is at most a second; a gateway comes back a little earlier here, so that nobody idles. */
const comeBackMilliseconds = 50;
let deferred = 0;

function bodyOf(gateway: number, turn: number, epoch: string): string {
  const own = Math.ceil((load.devices - gateway) / load.gateways.length);
  const time = systemClock.now();
  const records = Array.from({ length: load.recordsPerBatch }, (_, index) => {
    const device = ((load.turnsBefore + turn) * load.devicesPerBatch + (index % load.devicesPerBatch)) % own;
    return {
      type: 'reading',
      deviceId: `device-${gateway + device * load.gateways.length}`,
      signal: `signal-${Math.floor(index / load.devicesPerBatch) % 10}`,
      value: Math.round(Math.sin(index + time) * 1e6) / 1e3,
      unit: 'Cel',
      quality: 'GOOD',
      sourceTime: time + index,
      gatewayTime: time + index,
      clockState: 'SYNCHRONIZED',
      historical: false,
    };
  });
  return JSON.stringify({ lane: 'readings', epoch, firstSeq: turn * load.recordsPerBatch + 1, records });
}

function post(key: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const posted = request(
      `${load.url}/v1/gateway/uplink`,
      {
        agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    posted.on('error', reject);
    posted.end(body);
  });
}

async function deliver(key: string, body: string): Promise<void> {
  for (;;) {
    const status = await post(key, body);
    if (status === 200) {
      return;
    }
    if (status !== 503 && status !== 429) {
      throw new Error(`the door answered ${status}`);
    }
    deferred += 1;
    await new Promise((resolve) => setTimeout(resolve, comeBackMilliseconds));
  }
}

const perGateway = Math.ceil(load.batches / load.gateways.length);
const prepared = load.gateways.map((gateway, index) => {
  const epoch = randomUUID();
  return {
    key: gateway.key,
    bodies: Array.from({ length: perGateway }, (_, turn) => bodyOf(index, turn, epoch)),
  };
});
const began = systemClock.monotonic();
await Promise.all(
  prepared.map(async ({ key, bodies }) => {
    for (const body of bodies) {
      await deliver(key, body);
    }
  }),
);
const answer: TakenReadings = {
  taken: perGateway * load.gateways.length * load.recordsPerBatch,
  milliseconds: systemClock.monotonic() - began,
  deferred,
};
parentPort?.postMessage(answer);
agent.destroy();
