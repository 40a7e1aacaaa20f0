import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { Lane } from '@andon/shared/contracts';
import type { Batch } from '../outbox/index.ts';

const compress = promisify(gzip);
/** Little memory to set up, for little text. */
const quick = { level: 1, memLevel: 7, windowBits: 13 };
/** A body shorter than this goes as it is. To compress an alert would take longer than to send it. */
const compressBytesMin: Record<Lane, number> = { alerts: 4096, readings: 1024, history: 1024 };
/** What is shorter is compressed at once: a thread is longer on its way than at work, and an alert waits for it. */
const compressInThreadBytesMin = 32 * 1024;

/** A batch as it goes over the wire. */
export interface BatchBody {
  readonly body: Uint8Array | string;
  readonly headers: Record<string, string>;
}

/** In the JSON of a record that is written by us, this stands nowhere else: inside of a text its quotes are escaped. */
const notHistorical = '"historical":false';
const historical = '"historical":true';

/** `settle` gives a record's JSON as it goes out; readings of an old batch are marked as such. */
export async function batchBody(
  batch: Batch,
  settle: (body: string) => string,
  isOld: boolean,
): Promise<BatchBody> {
  const { lane, epoch, firstSeq } = batch;
  const records = batch.records.map(({ body }) => settle(body)).join(',');
  const marked = isOld ? records.replaceAll(notHistorical, historical) : records;
  const text = `${JSON.stringify({ lane, epoch, firstSeq }).slice(0, -1)},"records":[${marked}]}`;
  const headers = { 'content-type': 'application/json' };
  if (text.length < compressBytesMin[lane]) {
    return { body: text, headers };
  }
  const body = text.length < compressInThreadBytesMin ? gzipSync(text, quick) : await compress(text);
  return { body, headers: { ...headers, 'content-encoding': 'gzip' } };
}
