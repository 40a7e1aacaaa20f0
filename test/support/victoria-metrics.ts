import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../cloud/embedded-postgres/index.ts';
import { eventually } from './wait.ts';

const program = '/usr/bin/victoria-metrics';
export const victoriaMetricsNeed = {
  'VictoriaMetrics (apt install victoria-metrics)': existsSync(program),
};

/** A VictoriaMetrics for one file, with the options that the documentation names. It may be stopped and started again. */
export interface VictoriaMetrics {
  readonly url: string;
  start(): Promise<void>;
  /** Shows at once what it has taken; by itself it does so within a second, and a new series within ten. */
  flush(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes what it kept. */
  close(): Promise<void>;
}

export async function createVictoriaMetrics(): Promise<VictoriaMetrics> {
  const folder = mkdtempSync(join(tmpdir(), 'andon-victoria-metrics-'));
  const port = await freePort(0);
  const url = `http://127.0.0.1:${port}`;
  let server: { process: ChildProcess; ended: Promise<unknown> } | undefined;
  const stop = async () => {
    server?.process.kill('SIGTERM');
    await server?.ended;
    server = undefined;
  };
  return {
    url,
    async start() {
      const child = spawn(
        program,
        [
          `-storageDataPath=${join(folder, 'data')}`,
          `-httpListenAddr=127.0.0.1:${port}`,
          '-retentionPeriod=100y',
          '-dedup.minScrapeInterval=1ms',
          '-memory.allowedBytes=200MB',
        ],
        { stdio: 'ignore' },
      );
      server = { process: child, ended: new Promise((resolve) => child.once('exit', resolve)) };
      await eventually('VictoriaMetrics to answer', async () => (await fetch(`${url}/health`)).ok, 20_000);
    },
    async flush() {
      await fetch(`${url}/internal/force_flush`);
    },
    stop,
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
