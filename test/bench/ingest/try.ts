import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway, startSketch } from './contenders.ts';
import { AlertSink, run } from './load.ts';

execFileSync('taskset', ['-acp', '1', String(process.pid)]);
const [what = 'gateway', rate = '20000', seconds = '4', again = '1'] = process.argv.slice(2);
const sink = new AlertSink();
const port = await sink.listen();
const folder = mkdtempSync(join(tmpdir(), 'andon-bench-'));
const contender = what === 'sketch' ? await startSketch(port) : await startGateway(port, folder);
for (let i = 0; i < Number(again); i += 1) {
  const r = await run({ port: contender.port, rate: Number(rate), seconds: Number(seconds) }, sink);
  console.log(
    what,
    rate,
    'per s',
    Math.round((r.published * 1000) / r.milliseconds),
    'ack',
    r.acknowledgement,
    'alerts',
    r.alertsArrived,
    '/',
    r.alertsExpected,
    r.alert,
    'MB',
    Math.round(contender.residentBytes() / 1e6),
  );
}
await contender.stop();
rmSync(folder, { recursive: true });
sink.close();
