import type { Gap, Lane, Reading, ReadingSummary } from '@andon/shared/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../gateway/outbox/index.ts';
import { numberedReading, openOutbox, temporaryFolder } from '../support/outbox.ts';

/** The other end of a lane: stores what is next, skips what it has, refuses holes, as the contract says. */
class LaneOfCloud {
  epoch = '';
  readonly stored: (Reading | ReadingSummary | Gap)[] = [];
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
function expectComplete(stored: LaneOfCloud['stored'], appended: number): void {
  let next = 0;
  for (const record of stored) {
    if (record.type !== 'reading') {
      next += record.count;
    } else {
      expect(record.value).toBe(next);
      next += 1;
    }
  }
  expect(next).toBe(appended);
}

/** Every number appended is stored once and in its lane's order, or counted by one gap or summary. */
function expectCounted(lanes: readonly LaneOfCloud[], appended: number): void {
  let counted = 0;
  for (const { stored } of lanes) {
    const values = stored.flatMap((record) => (record.type === 'reading' ? [Number(record.value)] : []));
    expect(values).toEqual([...new Set(values)].sort((one, other) => one - other));
    counted += stored.reduce((sum, record) => sum + (record.type === 'reading' ? 1 : record.count), 0);
  }
  expect(counted).toBe(appended);
}

const lane = fc.constantFrom<'alerts' | 'readings'>('alerts', 'readings');
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
  fc.record({ do: fc.constant('demote' as const) }),
  fc.record({ do: fc.constant('deliver history' as const), recordsMax: fc.constantFrom(1, 500, 1000) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

class World {
  readonly #folder = temporaryFolder();
  readonly #options: { bytesMax: number; readings: { whenFull: 'thin' | 'drop' } };
  outbox: Outbox;
  readonly clouds = { alerts: new LaneOfCloud(), readings: new LaneOfCloud(), history: new LaneOfCloud() };
  readonly appended = { alerts: 0, readings: 0 };

  constructor(bytesMax: number, whenFull: 'thin' | 'drop') {
    this.#options = { bytesMax, readings: { whenFull } };
    this.outbox = openOutbox(this.#folder.path, this.#options);
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
    } else if (step.do === 'demote') {
      // As the uplink does: only when the cloud has answered for all that may have reached it.
      await this.deliver('readings', 1000);
      await this.outbox.demote();
    } else if (step.do === 'deliver history') {
      await this.deliver('history', step.recordsMax);
    } else if (step.do === 'fail') {
      await this.#fail(step.lane, step.count);
    } else {
      this.outbox.close();
      this.outbox = openOutbox(this.#folder.path, this.#options);
    }
  }

  async deliver(lane: Lane, recordsMax: number): Promise<void> {
    const batch = this.outbox.batch(lane, recordsMax);
    if (batch) {
      await this.outbox.acknowledge(lane, this.clouds[lane].receive(batch));
    }
  }

  async #append(lane: 'alerts' | 'readings', count: number, padding: number): Promise<void> {
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
      fc.constantFrom<'thin' | 'drop'>('thin', 'drop'),
      async (steps, bytesMax, whenFull) => {
        const world = new World(bytesMax, whenFull);
        try {
          for (const step of steps) {
            await world.run(step);
          }
          const { alerts, readings, history } = world.clouds;
          for (const lane of ['alerts', 'readings', 'history'] as const) {
            while (world.outbox.batch(lane, 1000)) {
              await world.deliver(lane, 1000);
            }
            expect(world.outbox.status(lane)).toMatchObject({ queued: 0, bytes: 0 });
          }
          expectComplete(alerts.stored, world.appended.alerts);
          expectCounted([history, readings], world.appended.readings);
          if (history.stored.length === 0 && whenFull === 'drop') {
            expectComplete(readings.stored, world.appended.readings);
          }
        } finally {
          world.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});
