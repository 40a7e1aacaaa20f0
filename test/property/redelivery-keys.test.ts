import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../gateway/outbox/index.ts';
import { RedeliveryKeys } from '../../gateway/pipeline/redelivery.ts';
import { openOutbox, temporaryFolder } from '../support/outbox.ts';

const limits = { devicesInMemoryMax: 3, logKeysMax: 40, logRowsMax: 8 };
const device = fc.integer({ min: 0, max: 5 }).map((number) => `press-${number}`);
const messages = fc.array(fc.record({ device, count: fc.integer({ min: 1, max: 400 }) }), { maxLength: 6 });
const step = fc.oneof(
  fc.record({ do: fc.constant('keep' as const), messages }),
  fc.record({ do: fc.constant('fail' as const), messages }),
  fc.record({ do: fc.constant('restart' as const) }),
);

/** The keys of each device in order, and what is known of them. */
class World {
  readonly #folder = temporaryFolder();
  readonly #kept = new Map<string, number[]>();
  #outbox: Outbox;
  #keys: RedeliveryKeys;
  #next = 1;

  constructor() {
    this.#outbox = openOutbox(this.#folder.path);
    this.#keys = new RedeliveryKeys(this.#outbox, limits);
    this.#outbox.onRollback(() => this.#keys.forget());
  }

  restart(): void {
    this.#outbox.close();
    this.#outbox = openOutbox(this.#folder.path);
    this.#keys = new RedeliveryKeys(this.#outbox, limits);
    this.#outbox.onRollback(() => this.#keys.forget());
  }

  async remember(messages: readonly { device: string; count: number }[], fails: boolean): Promise<void> {
    const given: [string, number][] = [];
    for (const { device, count } of messages) {
      for (let index = 0; index < count; index += 1) {
        // Digests have 53 bits.
        const key = this.#next * 137_438_953_481;
        this.#next += 1;
        this.#keys.remember(device, key);
        given.push([device, key]);
      }
    }
    const committed = this.#outbox.commit(() => {
      this.#keys.write();
      if (fails) {
        throw new Error('the work failed');
      }
    });
    if (fails) {
      await expect(committed).rejects.toThrow();
      return;
    }
    await committed;
    for (const [device, key] of given) {
      this.#kept.set(device, [...(this.#kept.get(device) ?? []), key]);
    }
  }

  expectAll(): void {
    for (const [device, keys] of this.#kept) {
      const latest = keys.slice(-1000);
      expect(latest.every((key) => this.#keys.has(device, key))).toBe(true);
      const [forgotten] = keys.slice(-1001, -1000);
      expect(forgotten !== undefined && this.#keys.has(device, forgotten)).toBe(false);
      expect(this.#keys.has(device, 5)).toBe(false);
    }
  }

  close(): void {
    this.#outbox.close();
    this.#folder.remove();
  }
}

test('The last thousand keys of each device are known, over restarts and failed transactions, and no others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const world = new World();
      try {
        for (const step of steps) {
          if (step.do === 'restart') {
            world.restart();
          } else {
            await world.remember(step.messages, step.do === 'fail');
          }
          world.expectAll();
        }
      } finally {
        world.close();
      }
    }),
    { numRuns: 40 },
  );
});
