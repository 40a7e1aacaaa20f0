import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DownlinkMessage } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigurationKeeper } from '../../gateway/config/index.ts';
import { Outbox } from '../../gateway/outbox/index.ts';
import { CloudClient, Downlink, DownlinkCursor, type DownlinkOptions } from '../../gateway/uplink/index.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { noteLog } from '../support/note-log.ts';
import { openOutbox, temporaryFolder } from '../support/outbox.ts';
import { startGatewayHere } from '../support/running-gateway.ts';
import { eventually } from '../support/wait.ts';

let folder: ReturnType<typeof temporaryFolder>;
let cloud: EdgeCloud;
let outbox: Outbox;
let downlink: Downlink;
let kept: DownlinkMessage[];

function open(more: Partial<DownlinkOptions> = {}): Downlink {
  const cursor = new DownlinkCursor(outbox.database);
  return new Downlink({
    client: new CloudClient({ url: cloud.url, keyFile: join(folder.path, 'key') }),
    clock: systemClock,
    jitter: () => 0,
    lastEventId: () => cursor.read(),
    handle: async (eventId, message) => {
      await outbox.commit(() => cursor.write(eventId));
      kept.push(message);
    },
    passOver: (eventId) => outbox.commit(() => cursor.write(eventId)),
    onConnected: () => undefined,
    ...more,
  });
}

const removed = (number: number): DownlinkMessage => ({
  type: 'device-removed',
  deviceId: `device-${number}`,
});
const keptIds = () =>
  kept.map((message) => (message.type === 'device-removed' ? message.deviceId : message.type));

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = new EdgeCloud();
  await cloud.start();
  writeFileSync(join(folder.path, 'key'), 'the-key');
  outbox = openOutbox(folder.path);
  kept = [];
  downlink = open();
});

afterEach(async () => {
  await downlink.stop();
  await cloud.stop();
  outbox.close();
  folder.remove();
});

test('Messages come in order, and a line that was cut goes on after the last one that was kept', async () => {
  cloud.tell(removed(1));
  downlink.start();
  await eventually('the first', () => kept.length === 1);
  cloud.tell(removed(2));
  await eventually('the second', () => kept.length === 2);
  cloud.cutStreams();
  cloud.tell(removed(3));
  await eventually('the third', () => kept.length === 3);
  expect(keptIds()).toEqual(['device-1', 'device-2', 'device-3']);
  expect(cloud.lastEventIds).toEqual([undefined, '2']);
});

test('A gateway that was restarted goes on where it was, and a cloud that was away is found again', async () => {
  downlink.start();
  cloud.tell(removed(1));
  await eventually('the first', () => kept.length === 1);
  await downlink.stop();
  await cloud.stop();
  downlink = open();
  downlink.start();
  await eventually('patience', () => downlink.status().state === 'waiting');
  cloud.tell(removed(2));
  await cloud.start();
  await eventually('the second', () => kept.length === 2);
  expect(cloud.lastEventIds.at(-1)).toBe('1');
});

test('A message that could not be kept comes again', async () => {
  await downlink.stop();
  let full = true;
  const cursor = new DownlinkCursor(outbox.database);
  downlink = open({
    handle: async (eventId, message) => {
      if (full) {
        full = false;
        throw new Error('the disk is full');
      }
      await outbox.commit(() => cursor.write(eventId));
      kept.push(message);
    },
  });
  cloud.tell(removed(1));
  downlink.start();
  await eventually('the message', () => kept.length === 1);
  expect(cloud.lastEventIds).toEqual([undefined, undefined]);
});

test('A message against the contract is passed over, and does not come again', async () => {
  downlink.start();
  await eventually('the line', () => cloud.streams === 1);
  cloud.tellRaw('id: 7\ndata: {"type":"dance"}\n\nid: 8\ndata: {broken\n\n');
  await eventually('both', () => downlink.status().passedOver === 2);
  cloud.cutStreams();
  await eventually('the line again', () => cloud.lastEventIds.length === 2);
  expect(cloud.lastEventIds[1]).toBe('8');
});

test('A line on which nothing is heard is given up and opened anew', async () => {
  await downlink.stop();
  downlink = open({ silenceMilliseconds: 200 });
  downlink.start();
  await eventually('a third line', () => cloud.lastEventIds.length >= 3);
  expect(downlink.status().error ?? 'connected again').toMatch(/nothing was heard|connected again/);
});

test('A line that the cloud ends in good order is not worth a word, and one that is cut is, once', async () => {
  const log: string[] = [];
  await downlink.stop();
  downlink = open({ logger: noteLog(log) });
  downlink.start();
  cloud.tell(removed(1));
  await eventually('the first', () => kept.length === 1);
  cloud.endStreams();
  await eventually('the line again', () => cloud.lastEventIds.length === 2 && cloud.streams === 1);
  cloud.tell(removed(2));
  await eventually('the second', () => kept.length === 2);
  cloud.cutStreams();
  await eventually('the line once more', () => cloud.lastEventIds.length === 3);
  await eventually('the log', () => log.length === 2);
  expect(log).toEqual([
    expect.stringMatching(/^warn: the downlink waits \(/),
    'info: the downlink is open again',
  ]);
});

test('What is kept is told at once where the cloud takes receipts, each with all that is kept by then', async () => {
  cloud.receiptStatus = 204;
  downlink.start();
  await eventually('the line', () => cloud.streams === 1);
  cloud.tell(removed(1));
  await eventually('the first receipt', () => cloud.receipts.at(-1) === 1);
  for (const number of [2, 3, 4]) {
    cloud.tell(removed(number));
  }
  await eventually('the last receipt', () => cloud.receipts.at(-1) === 4);
  expect(keptIds()).toEqual(['device-1', 'device-2', 'device-3', 'device-4']);
  expect(cloud.lastEventIds).toEqual([undefined]);
});

test('What is only in the file is not told yet, though a receipt goes meanwhile', async () => {
  cloud.receiptStatus = 204;
  const cursor = new DownlinkCursor(outbox.database);
  const second = Promise.withResolvers<void>();
  downlink = open({
    handle: async (eventId) => {
      await outbox.commit(() => cursor.write(eventId));
      if (eventId === '2') {
        await second.promise;
      }
    },
    lastEventId: () => '2',
  });
  downlink.start();
  await eventually('the line', () => cloud.streams === 1);
  cloud.tell(removed(1));
  await eventually('the first receipt', () => cloud.receipts.length === 1);
  cloud.tell(removed(2));
  await eventually('the second in the file', () => cursor.read() === '2');
  expect(cloud.receipts).toEqual([1]);
  second.resolve();
  await eventually('the second receipt', () => cloud.receipts.length === 2);
  expect(cloud.receipts).toEqual([1, 2]);
});

test('A receipt that is refused disturbs nothing, and a cloud that does not name its lines gets none', async () => {
  const log: string[] = [];
  cloud.receiptStatus = 503;
  await downlink.stop();
  downlink = open({ logger: noteLog(log) });
  downlink.start();
  cloud.tell(removed(1));
  await eventually('the word on it', () => log.length === 1);
  expect(log[0]).toMatch(/^info: the cloud was not told what of its messages is kept .*503/);
  cloud.receiptStatus = undefined;
  cloud.endStreams();
  await eventually('the line again', () => cloud.lastEventIds.length === 2 && cloud.streams === 1);
  cloud.tell(removed(2));
  await eventually('the second', () => kept.length === 2);
  expect([cloud.lastEventIds, cloud.receipts]).toEqual([[undefined, '1'], [1]]);
});

test('A configuration that the cloud asks about is judged outside of the transaction that keeps the answer', async () => {
  const { commit } = Outbox.prototype;
  const { findings } = ConfigurationKeeper.prototype;
  let isInside = false;
  const insideWhenJudged: boolean[] = [];
  vi.spyOn(Outbox.prototype, 'commit').mockImplementation(function (this: Outbox, work) {
    return commit.call(this, (append) => {
      isInside = true;
      work(append);
      isInside = false;
    });
  });
  vi.spyOn(ConfigurationKeeper.prototype, 'findings').mockImplementation(function (
    this: ConfigurationKeeper,
    check,
  ) {
    insideWhenJudged.push(isInside);
    return findings.call(this, check);
  });
  const text = `gateway: { id: edge-1, dataDirectory: data }\ncloud: { url: ${cloud.url}, keyFile: key }\nstatusPage: { port: 0 }\n`;
  const gateway = await startGatewayHere(folder.path, text, systemClock);
  try {
    cloud.tell({ type: 'configuration-check', id: '01890a5d-ac96-774b-bcce-b302099a8057', text });
    await eventually('the findings', () => cloud.of('configuration-findings').length === 1);
  } finally {
    await gateway.stop();
    vi.restoreAllMocks();
  }
  expect(insideWhenJudged).toEqual([false]);
});
