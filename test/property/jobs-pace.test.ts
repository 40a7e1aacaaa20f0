import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, type JobPlan, type JobProgress } from '../../cloud/jobs/pace.ts';

interface Sent {
  readonly device: number;
  readonly at: number;
  readonly endsAt: number;
  readonly succeeds: boolean;
}

/** A job over simulated devices, looked at whenever the arbitrary steps say; sends what `decide` allows, at most 25. */
class SimulatedJob {
  now = 1_000_000;
  readonly sent: Sent[] = [];
  ended: 'complete' | 'stop' | undefined;
  readonly plan: JobPlan;
  readonly devices: number;
  readonly outcome: (device: number) => { takes: number; succeeds: boolean };

  constructor(
    plan: JobPlan,
    devices: number,
    outcome: (device: number) => { takes: number; succeeds: boolean },
  ) {
    this.plan = plan;
    this.devices = devices;
    this.outcome = outcome;
  }

  progress(): JobProgress {
    const ended = this.sent.filter(({ endsAt }) => endsAt <= this.now);
    return {
      waiting: this.devices - this.sent.length,
      inFlight: this.sent.length - ended.length,
      succeeded: ended.filter(({ succeeds }) => succeeds).length,
      failed: ended.filter(({ succeeds }) => !succeeds).length,
      sentInLastMinute: this.sent.filter(({ at }) => at > this.now - 60_000).length,
      lastSentAt: this.sent.at(-1)?.at ?? null,
    };
  }

  look(): void {
    const before = this.progress();
    const decision = decide(this.plan, before, this.now);
    if (decision.kind === 'complete' || decision.kind === 'stop') {
      this.ended = decision.kind;
      return;
    }
    if (decision.kind === 'send') {
      expect(decision.atMost).toBeGreaterThan(0);
      this.#checkBeforeSending(before);
      for (let sent = 0; sent < Math.min(decision.atMost, 25); sent += 1) {
        const device = this.sent.length;
        const { takes, succeeds } = this.outcome(device);
        this.sent.push({ device, at: this.now, endsAt: this.now + takes, succeeds });
      }
    }
  }

  #checkBeforeSending({ succeeded, failed }: JobProgress): void {
    const { stop, canaryCount } = this.plan;
    const ended = succeeded + failed;
    if (stop !== null && ended >= stop.atLeast) {
      expect(failed * 100).toBeLessThanOrEqual(stop.failurePercent * ended);
    }
    if (this.sent.length >= canaryCount) {
      const canary = this.sent.slice(0, canaryCount);
      expect(canary.every(({ succeeds, endsAt }) => succeeds && endsAt <= this.now)).toBe(true);
    }
  }
}

const plans = fc.record({
  ratePerMinute: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 6000 })),
  concurrencyMax: fc.integer({ min: 1, max: 40 }),
  canaryCount: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10 })),
  stop: fc.option(
    fc.record({ failurePercent: fc.integer({ min: 0, max: 99 }), atLeast: fc.integer({ min: 1, max: 10 }) }),
  ),
});
const stories = fc.record({
  plan: plans,
  devices: fc.integer({ min: 1, max: 60 }),
  outcomes: fc.array(fc.record({ takes: fc.integer({ min: 0, max: 90_000 }), succeeds: fc.boolean() }), {
    minLength: 60,
    maxLength: 60,
  }),
  failures: fc.constantFrom('none', 'some'),
  steps: fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 200 }),
});

test('a job never sends above its rate, its concurrency or its share of failures, nor past its canary [I4]', () => {
  fc.assert(
    fc.property(stories, ({ plan, devices, outcomes, failures, steps }) => {
      const job = new SimulatedJob(plan, devices, (device) => {
        const outcome = outcomes[device] ?? { takes: 0, succeeds: true };
        return failures === 'none' ? { ...outcome, succeeds: true } : outcome;
      });
      for (const step of steps) {
        if (job.ended !== undefined) {
          break;
        }
        job.now += step;
        job.look();
        expect(job.progress().inFlight).toBeLessThanOrEqual(plan.concurrencyMax);
      }
      for (const { at } of job.sent) {
        const inMinute = job.sent.filter((other) => other.at >= at && other.at < at + 60_000).length;
        expect(inMinute).toBeLessThanOrEqual(plan.ratePerMinute);
        // Nor a minute's worth at once after it lay still: what gathered, at most, and what the second brings.
        const inSecond = job.sent.filter((other) => other.at >= at && other.at < at + 1000).length;
        const [gathered, brought] = [Math.ceil(plan.ratePerMinute / 30), Math.ceil(plan.ratePerMinute / 60)];
        expect(inSecond).toBeLessThanOrEqual(gathered + brought);
      }
      // Each device once: the numbers of those sent are 0, 1, 2 …
      expect(job.sent.map(({ device }) => device)).toEqual(job.sent.map((_sent, index) => index));
      expect(job.sent.length).toBeLessThanOrEqual(devices);
    }),
  );
});

test('a job that is looked at again and again ends: complete when nothing fails', () => {
  fc.assert(
    fc.property(stories, ({ plan, devices, outcomes, failures }) => {
      const job = new SimulatedJob(plan, devices, (device) => {
        const outcome = outcomes[device] ?? { takes: 0, succeeds: true };
        return failures === 'none' ? { ...outcome, succeeds: true } : outcome;
      });
      for (let look = 0; look < 6000 && job.ended === undefined; look += 1) {
        job.now += 3000;
        job.look();
      }
      expect(job.ended).toBeDefined();
      if (failures === 'none') {
        expect(job.ended).toBe('complete');
        expect(job.sent).toHaveLength(devices);
      }
    }),
    { numRuns: 50 },
  );
});
