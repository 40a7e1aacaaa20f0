import { Counter, Histogram, Registry } from 'prom-client';
import type { Outbox } from '../outbox/index.ts';

/** The counters that cannot be read off the parts when they are asked for. */
export interface Metrics {
  readonly registry: Registry;
  readonly rejections: Counter<'source' | 'reason'>;
  readonly badReadings: Counter<'reason'>;
  readonly localActions: Counter<'type' | 'outcome'>;
}

const commitSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export function createMetrics(outbox: Outbox): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const latency = new Histogram({
    name: 'andon_gateway_commit_seconds',
    help: 'How long a transaction of the outbox took, until it was on the disk.',
    buckets: commitSeconds,
    registers,
  });
  const commits = new Counter({
    name: 'andon_gateway_commits_total',
    help: 'Commits; many share one transaction.',
    registers,
  });
  outbox.onCommit((count, milliseconds) => {
    latency.observe(milliseconds / 1000);
    commits.inc(count);
  });
  return {
    registry,
    rejections: new Counter({
      name: 'andon_gateway_rejections_total',
      help: 'Input that was refused, by source and reason.',
      labelNames: ['source', 'reason'],
      registers,
    }),
    badReadings: new Counter({
      name: 'andon_gateway_bad_readings_total',
      help: 'Readings of BAD quality, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    localActions: new Counter({
      name: 'andon_gateway_local_actions_total',
      help: 'Local actions that ended, by outcome: done, given-up, superseded.',
      labelNames: ['type', 'outcome'],
      registers,
    }),
  };
}
