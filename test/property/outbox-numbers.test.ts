import type { Gap, Lane, Reading } from '@andon/shared/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../gateway/outbox/index.ts';
import { numberedReading, openOutbox, temporaryFolder } from '../support/outbox.ts';

/** The other end of a lane: stores what is next, skips what it has, refuses holes, as the contract says. */
class LaneOfCloud {
  epoch = '';
  readonly stored: (Reading | Gap)[] = [];
  #received = 0;

  receive(batch: { epoch: string; firstSeq: number; records: readonly { body: string }[] }): number {
    if (batch.epoch !== this.epoch) {
      this.epoch = batch.epoch;
      this.#received = 0;
    }
    expect(batch.firstSeq).toBeLessThanOrEqual(this.#received + 1);
    for (const [index, { body }] of batch.records.entries()) {
      if (batch.firstSeq + index === this.#received + 1) {
        this.stored.push(JSON.parse(body));
        this.#received += 1;
      }
    }
    return this.#received;
  }
}

/** Every number appended is stored, in order and once, or counted by a gap that stands where it would be. */
function expectComplete(stored: readonly (Reading | Gap)[], appended: number): void {
  let next = 0;
  for (const record of stored) {
    if (record.type === 'gap') {
      next += record.count;
    } else {
      expect(record.value).toBe(next);
      next += 1;
    }
  }
  expect(next).toBe(appended);
}

const lane = fc.constantFrom<Lane>('alerts', 'readings');
const step = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    lane,
    count: fc.integer({ min: 1, max: 900 }),
    padding: fc.constantFrom(0, 0, 150),
  }),
  fc.record({ do: fc.constant('deliver' as const), lane, recordsMax: fc.constantFrom(1, 10, 1000) }),
  fc.record({
    do: fc.constant('deliver, answer lost' as const),
    lane,
    recordsMax: fc.constantFrom(1, 500, 1000),
  }),
  fc.record({ do: fc.constant('refuse' as const), lane }),
  fc.record({ do: fc.constant('fail' as const), lane, count: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ do: fc.constant('reopen' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

class World {
  readonly #folder = temporaryFolder();
  readonly #bytesMax: number;
  outbox: Outbox;
  readonly clouds = { alerts: new LaneOfCloud(), readings: new LaneOfCloud() };
  readonly appended = { alerts: 0, readings: 0 };

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.outbox = openOutbox(this.#folder.path, { bytesMax });
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'append') {
      await this.#append(step.lane, step.count, step.padding);
    } else if (step.do === 'deliver') {
      await this.deliver(step.lane, step.recordsMax);
    } else if (step.do === 'deliver, answer lost') {
      const batch = this.outbox.batch(step.lane, step.recordsMax);
      if (batch) {
        this.clouds[step.lane].receive(batch);
      }
    } else if (step.do === 'refuse') {
      await this.#refuse(step.lane);
    } else if (step.do === 'fail') {
      await this.#fail(step.lane, step.count);
    } else {
      this.outbox.close();
      this.outbox = openOutbox(this.#folder.path, { bytesMax: this.#bytesMax });
    }
  }

  async deliver(lane: Lane, recordsMax: number): Promise<void> {
    const batch = this.outbox.batch(lane, recordsMax);
    if (batch) {
      await this.outbox.acknowledge(lane, this.clouds[lane].receive(batch));
    }
  }

  async #append(lane: Lane, count: number, padding: number): Promise<void> {
    const commits: Promise<void>[] = [];
    for (let index = 0; index < count; index += 1) {
      const reading = numberedReading(this.appended[lane] + index, padding);
      commits.push(this.outbox.commit((append) => append(lane, reading)));
    }
    await Promise.all(commits);
    this.appended[lane] += count;
  }

  /** The cloud refuses only what it has not stored. */
  async #refuse(lane: Lane): Promise<void> {
    await this.deliver(lane, 1000);
    await this.outbox.refuseFront(lane, 'not a record');
  }

  async #fail(lane: Lane, count: number): Promise<void> {
    const commits = Array.from({ length: count }, (_, index) =>
      this.outbox.commit((append) => {
        append(lane, numberedReading(-1));
        if (index === count - 1) {
          throw new Error('the work failed');
        }
      }),
    );
    const outcomes = await Promise.allSettled(commits);
    expect(outcomes.every((outcome) => outcome.status === 'rejected')).toBe(true);
  }

  close(): void {
    this.outbox.close();
    this.#folder.remove();
  }
}

test('Whatever is lost, refused, evicted or repeated, the numbers have no hole and every record is delivered once or counted in a gap', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 30 }),
      fc.constantFrom(10_000, 40_000, 300_000, 50_000_000),
      async (steps, bytesMax) => {
        const world = new World(bytesMax);
        try {
          for (const step of steps) {
            await world.run(step);
          }
          for (const lane of ['alerts', 'readings'] as const) {
            while (world.outbox.batch(lane, 1000)) {
              await world.deliver(lane, 1000);
            }
            expect(world.outbox.status(lane)).toMatchObject({ queued: 0, bytes: 0 });
            expectComplete(world.clouds[lane].stored, world.appended[lane]);
          }
        } finally {
          world.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
