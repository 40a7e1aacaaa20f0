/** The cloud of the outage bench: takes what the uplink sends, counts it, acknowledges it, and stores nothing. */
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Lane, UplinkBatch } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import type { CloudCounts } from './outage.ts';

let records: Record<Lane, number> = { alerts: 0, readings: 0, history: 0 };
let latencies: number[] = [];
let gaps = 0;
const alertIds = new Set<string>();
/** What the gateway's simulated clock is ahead of the machine's. */
let ahead = 0;

function take(batch: UplinkBatch): void {
  const now = systemClock.now() + ahead;
  records[batch.lane] += batch.records.length;
  for (const record of batch.records) {
    if (record.type === 'alert') {
      alertIds.add(record.alertId);
    } else if (record.type === 'gap') {
      gaps += record.count;
    } else if (batch.lane === 'readings' && record.type === 'reading' && !record.historical) {
      latencies.push(now - record.gatewayTime);
    }
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const raw = Buffer.concat(chunks);
    const batch: UplinkBatch = JSON.parse(
      (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString(),
    );
    take(batch);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ acked: batch.firstSeq + batch.records.length - 1 }));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address ? address.port : 0);
});

process.on('message', (message: { ahead: number }) => {
  ahead = message.ahead;
  const counts: CloudCounts = { records, latencies, gaps, alertIds: alertIds.size };
  process.send?.(counts);
  records = { alerts: 0, readings: 0, history: 0 };
  latencies = [];
});
process.on('disconnect', () => process.exit(0));
