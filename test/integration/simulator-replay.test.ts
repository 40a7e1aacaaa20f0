import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { readRecording, replay } from '../../device-firmware-sim/replay/index.ts';
import { describeRequiring, hasRecording, recordingFile } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const columns = { time: 'timestamp', value: 'value' };
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function optionsFor(url: string) {
  return {
    url,
    deviceId: 'press-9',
    password: 'right',
    signal: 'temperature',
    speed: 'max' as const,
    bootId: 'tape',
    clock: systemClock,
    progress: () => undefined,
  };
}

function recordingOf(rows: number): string {
  const file = join(mkdtempSync(join(tmpdir(), 'andon-replay-')), 'recording.csv');
  const lines = Array.from({ length: rows }, (_, row) => `${1_386_018_900_000 + row * 1000},${row}`);
  writeFileSync(file, `timestamp,value\n${lines.join('\n')}\n`);
  return file;
}

describe('the player of recordings against a scripted peer', () => {
  type Publish = { id: number; dup: boolean; value: number };

  /** Speaks just enough MQTT 3.1.1: CONNACK, and PUBACK where `acknowledges` says so. */
  async function scriptedPeer(onPublish: (publish: Publish, connection: number, socket: Socket) => void) {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      const connection = connections;
      let pending = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        pending = Buffer.concat([pending, bytes]);
        for (;;) {
          let length = 0;
          let header = 1;
          for (; ; header += 1) {
            const digit = pending[header];
            if (digit === undefined) return;
            length += (digit & 0x7f) << (7 * (header - 1));
            if ((digit & 0x80) === 0) break;
          }
          header += 1;
          if (pending.length < header + length) return;
          const first = pending.readUInt8(0);
          const body = pending.subarray(header, header + length);
          pending = pending.subarray(header + length);
          if (first >> 4 === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
          if (first >> 4 !== 3 || ((first >> 1) & 3) !== 1) continue;
          const topicLength = body.readUInt16BE(0);
          const payload = JSON.parse(body.subarray(topicLength + 4).toString());
          const publish = {
            id: body.readUInt16BE(topicLength + 2),
            dup: (first & 8) !== 0,
            value: payload.values.temperature,
          };
          onPublish(publish, connection, socket);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `mqtt://127.0.0.1:${address.port}`;
  }

  const acknowledge = (socket: Socket, id: number) =>
    socket.write(Buffer.from([0x40, 2, id >> 8, id & 0xff]));

  it('sends again, in order, with DUP and the same packet id, exactly what was not acknowledged', async () => {
    const seen: (Publish & { connection: number })[] = [];
    const url = await scriptedPeer((publish, connection, socket) => {
      seen.push({ ...publish, connection });
      if (connection > 1) acknowledge(socket, publish.id);
      else if (publish.value < 30 && publish.value % 3 !== 1) acknowledge(socket, publish.id);
      else if (publish.value === 35) setTimeout(() => socket.destroy(), 50);
    });
    const file = recordingOf(60);
    const result = await replay(readRecording(file, columns), { ...optionsFor(url), inFlightMax: 20 });
    expect(result).toMatchObject({ rows: 60, acknowledged: 60, connections: 2 });

    const first = seen.filter(({ connection }) => connection === 1);
    expect(first.every(({ dup }) => !dup)).toBe(true);
    expect(first.map(({ value }) => value)).toEqual(first.map((_, index) => index));
    const unacknowledged = first.filter(({ value }) => value >= 30 || value % 3 === 1);
    const second = seen.filter(({ connection }) => connection === 2);
    const again = second.filter(({ dup }) => dup);
    expect(again.map(({ id, value }) => [id, value])).toEqual(
      unacknowledged.map(({ id, value }) => [id, value]),
    );
    const fresh = second.slice(again.length);
    expect(fresh.map(({ value, dup }) => [value, dup])).toEqual(
      Array.from({ length: 60 - first.length }, (_, index) => [first.length + index, false]),
    );
  });

  it('never has more in flight than it may', async () => {
    const waiting: number[] = [];
    let inFlightMost = 0;
    const url = await scriptedPeer(({ id }, _connection, socket) => {
      waiting.push(id);
      inFlightMost = Math.max(inFlightMost, waiting.length);
      setTimeout(() => {
        const oldest = waiting.shift();
        if (oldest !== undefined) acknowledge(socket, oldest);
      }, 2);
    });
    const result = await replay(readRecording(recordingOf(300), columns), {
      ...optionsFor(url),
      inFlightMax: 7,
    });
    expect(result.acknowledged).toBe(300);
    expect(inFlightMost).toBeLessThanOrEqual(7);
  });
});

type Entry = { id: number; dup: boolean; ts: number; value: number };

async function startBroker(port: number, ledger: string): Promise<{ process: ChildProcess; port: number }> {
  const child = fork(new URL('./simulator-broker.ts', import.meta.url).pathname, [String(port), ledger]);
  cleanups.push(() => child.kill('SIGKILL'));
  const opened = await new Promise<{ port: { port: number } }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: { port: number } }));
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  return { process: child, port: opened.port.port };
}

const newline = '\n'.charCodeAt(0);
const linesOf = (file: string): number =>
  existsSync(file) ? readFileSync(file).filter((byte) => byte === newline).length : 0;

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

describeRequiring(
  'the player of recordings against a broker',
  { 'machine_temperature.csv': hasRecording },
  () => {
    it('has every row acknowledged once, in order, though the broker is killed twice on the way', async () => {
      const ledger = join(mkdtempSync(join(tmpdir(), 'andon-ledger-')), 'ledger');
      const entries = (): Entry[] =>
        existsSync(ledger)
          ? readFileSync(ledger, 'utf8')
              .trimEnd()
              .split('\n')
              .map((line) => JSON.parse(line))
          : [];
      let broker = await startBroker(0, ledger);
      const playing = replay(
        readRecording(recordingFile, columns),
        optionsFor(`mqtt://127.0.0.1:${broker.port}`),
      );
      for (const rows of [4000, 12_000]) {
        // Counted, not read: what was seen so far is looked at fifty times a second.
        await eventually(`${rows} rows`, () => linesOf(ledger) >= rows);
        await killed(broker.process);
        broker = await startBroker(broker.port, ledger);
      }
      const result = await playing;
      expect(result).toMatchObject({ rows: 22_695, acknowledged: 22_695, connections: 3 });

      const rows: (Entry & { line: number })[] = [];
      const unexplained: Entry[] = [];
      for (const entry of entries()) {
        const before =
          entry.dup &&
          rows.findLast(({ id, value, ts }) => id === entry.id && value === entry.value && ts === entry.ts);
        if (!before) rows.push({ ...entry, line: rows.length });
        else if (rows.length - before.line > 100) unexplained.push(entry);
      }
      expect(unexplained).toEqual([]);
      const recorded: { ts: number; value: unknown }[] = [];
      for await (const { ts, value } of readRecording(recordingFile, columns)) recorded.push({ ts, value });
      expect(rows.map(({ ts, value }) => ({ ts, value }))).toEqual(recorded);
    });
  },
);

describe('the player of recordings at a closed door', () => {
  it('says that its password is refused, and stops', async () => {
    const { port } = await startBroker(0, join(mkdtempSync(join(tmpdir(), 'andon-ledger-')), 'ledger'));
    const refused = replay(readRecording(recordingOf(3), columns), {
      ...optionsFor(`mqtt://127.0.0.1:${port}`),
      password: 'wrong',
    });
    await expect(refused).rejects.toMatchObject({ code: 'simulator.replay-refused' });
  });
});
