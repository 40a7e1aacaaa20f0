import type { AlertTransition } from '@andon/shared/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AlertDevice, type AlertRecord, planBatch } from '../../cloud/alerts/batch.ts';
import { alertTransition, morning, numberedId } from '../support/alert-records.ts';

const devices: ReadonlyMap<string, AlertDevice> = new Map([
  [
    'press-1',
    {
      id: 'press-1',
      accountId: numberedId(900),
      assetId: numberedId(901),
      categoryId: 'press',
      siteId: null,
    },
  ],
]);

/** The whole lives of several occurrences of one rule, one after the other; the last may still be open. */
const lives = fc
  .array(fc.record({ changes: fc.integer({ min: 0, max: 4 }), cleared: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((occurrences) => {
    let time = morning;
    return occurrences.flatMap(({ changes, cleared }, index) => {
      const step = (number: number, change: Partial<AlertTransition>): AlertTransition => {
        time += 1000;
        return alertTransition({
          alertId: numberedId(index + 1),
          number,
          sourceTime: time,
          gatewayTime: time,
          value: time - morning,
          ...change,
        });
      };
      const steps = [step(1, {})];
      for (let number = 2; number < changes + 2; number += 1) {
        const up = number % 2 === 0;
        steps.push(
          step(number, {
            transition: up ? 'escalated' : 'deescalated',
            state: up ? 'HIHI' : 'HI',
            severity: up ? 'CRITICAL' : 'MAJOR',
          }),
        );
      }
      // Only the last may stay open, as the edge has it.
      if (cleared || index < occurrences.length - 1) {
        steps.push(step(changes + 2, { transition: 'cleared' }));
      }
      return steps;
    });
  });

const deliveries = lives.chain((records) =>
  fc.record({
    records: fc.constant(records),
    shuffled: fc
      .tuple(
        fc.shuffledSubarray(records, { minLength: records.length, maxLength: records.length }),
        fc.shuffledSubarray(records),
      )
      .map(([once, again]) => [...once, ...again]),
    batchSize: fc.integer({ min: 1, max: 10 }),
  }),
);

function deliver(records: readonly AlertTransition[], batchSize: number) {
  const alerts = new Map<string, AlertRecord>();
  const known = new Set<string>();
  const raised: string[] = [];
  for (let start = 0; start < records.length; start += batchSize) {
    const plan = planBatch({
      records: records.slice(start, start + batchSize).map((record) => ({ gatewayId: 'line-1', record })),
      devices: () => devices,
      alerts: [...alerts.values()],
      known: (alertId, number) => known.has(`${alertId}/${number}`),
    });
    for (const alert of [...plan.updated, ...plan.inserted]) {
      alerts.set(alert.id, alert);
    }
    for (const transition of plan.transitions) {
      known.add(`${transition.alertId}/${transition.number}`);
    }
    raised.push(
      ...plan.events.filter((event) => event.type === 'alert.raised').map((event) => event.alertId),
    );
    const open = [...alerts.values()].filter((alert) => alert.condition === 'active');
    expect(open.length).toBeLessThanOrEqual(1);
  }
  return { alerts, raised };
}

/** What does not depend on how the records came. */
const essence = (alerts: ReadonlyMap<string, AlertRecord>) =>
  [...alerts.values()]
    .map(({ status: _status, statusReason: _reason, parentAlertId: _parent, ...rest }) => rest)
    .sort((one, other) => (one.id < other.id ? -1 : 1));

test('whatever the order and the repetitions, the alerts end the same, each was raised once, one is open at most', () => {
  fc.assert(
    fc.property(deliveries, ({ records, shuffled, batchSize }) => {
      const inOrder = deliver(records, records.length);
      const anyhow = deliver(shuffled, batchSize);
      expect(essence(anyhow.alerts)).toEqual(essence(inOrder.alerts));
      expect([...anyhow.raised].sort()).toEqual([...anyhow.alerts.keys()].sort());
    }),
    { numRuns: 300 },
  );
});
