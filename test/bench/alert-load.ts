/** A thread that posts alerts at a pace: `workerData` says where, how many a second and for how long. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@andon/shared/kernel';
import type { FleetGateway } from './fleet.ts';

export interface AlertLoad {
  readonly url: string;
  readonly gateways: readonly FleetGateway[];
  readonly devices: number;
  /** What was sent before has lower numbers. */
  readonly first: number;
  readonly alertsPerSecond: number;
  readonly seconds: number;
}
/** When each alert was sent, in epoch milliseconds, and how many posts were not answered by 200. */
export interface SentAlerts {
  readonly sent: readonly (readonly [alertId: string, at: number])[];
  readonly failed: number;
}

const load = workerData as AlertLoad;
const agent = new Agent({ keepAlive: true, maxSockets: load.gateways.length });
const lanes = load.gateways.map((gateway) => ({
  gateway,
  epoch: randomUUID(),
  next: 1,
  queue: Promise.resolve(),
}));
const sent: [string, number][] = [];
let failed = 0;

function alertRecord(number: number, now: number) {
  return {
    type: 'alert',
    alertId: randomUUID(),
    number: 1,
    transition: 'raised',
    deviceId: `device-${number % load.devices}`,
    rule: `rule-${Math.floor(number / load.devices)}`,
    ruleVersion: 1,
    signal: 'temperature',
    state: 'HI',
    severity: 'MAJOR',
    errorCode: 1000 + Math.floor(number / load.devices),
    value: 101.5,
    setpoint: 100,
    unit: 'Cel',
    quality: 'GOOD',
    sourceTime: now,
    gatewayTime: now,
    bootId: 'boot-a',
    historical: false,
    reason: 'temperature 101.5 Cel is at or above 100 Cel (HI)',
  };
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

/** Posts of one gateway go one after the other, as its lane wants. The alert arrives when it is posted. */
function send(number: number): void {
  const lane = lanes[(number % load.devices) % lanes.length];
  if (lane === undefined) {
    throw new Error('there is no gateway');
  }
  lane.queue = lane.queue.then(async () => {
    const now = systemClock.now();
    const record = alertRecord(number, now);
    const batch = { lane: 'alerts', epoch: lane.epoch, firstSeq: lane.next, records: [record] };
    lane.next += 1;
    sent.push([record.alertId, now]);
    const status = await post(lane.gateway.key, JSON.stringify(batch));
    failed += status === 200 ? 0 : 1;
  });
}

const began = systemClock.monotonic();
let number = load.first;
const pacer = setInterval(() => {
  const passedSeconds = Math.min((systemClock.monotonic() - began) / 1000, load.seconds);
  const due = load.first + passedSeconds * load.alertsPerSecond;
  for (; number < due; number += 1) {
    send(number);
  }
  if (number >= load.first + load.seconds * load.alertsPerSecond) {
    clearInterval(pacer);
    void Promise.all(lanes.map((lane) => lane.queue)).then(() => {
      const answer: SentAlerts = { sent, failed };
      parentPort?.postMessage(answer);
      agent.destroy();
    });
  }
}, 2);
