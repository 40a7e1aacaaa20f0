import type { AlertTransition, UplinkRecord } from '@andon/shared/contracts';
import { expect, test } from 'vitest';
import type { Evaluation } from '../../gateway/alerts/index.ts';
import { OwedEvaluations } from '../../gateway/pipeline/owed.ts';
import { alertTransition, numberedId } from '../support/alert-records.ts';
import { eventually } from '../support/wait.ts';

const mebibyte = 1024 * 1024;

function evaluation(number: number, bytes: number): Evaluation {
  return {
    transitions: [alertTransition({ alertId: numberedId(number), reason: 'x'.repeat(bytes) })],
    states: [{ key: 'press-1/hot', state: `state ${number}` }],
    actions: [],
    shelvings: [],
    recordings: [],
  };
}

test('What is owed takes no more memory than so many bytes: of the oldest the states remain, and a gap', async () => {
  const kept: (UplinkRecord | Evaluation)[] = [];
  let isSettled = false;
  let hasRoom = false;
  const owed = new OwedEvaluations({
    commit: async (work) => {
      if (!hasRoom) throw new Error('full');
      work((_lane, record) => kept.push(record));
    },
    isInFile: () => false,
    write: (one) => kept.push(one),
    act: () => undefined,
    onSettled: () => {
      isSettled = true;
    },
  });
  // Many small ones are no trouble; a few large ones are.
  for (let number = 0; number < 20_000; number += 1)
    owed.add({ evaluation: evaluation(number, 10), lost: [] });
  for (let number = 20_000; number < 20_020; number += 1) {
    owed.add({ evaluation: evaluation(number, mebibyte), lost: [] });
  }
  hasRoom = true;
  owed.tryNow();
  await eventually('what is owed to be kept', () => isSettled);
  owed.stop();
  const [gap, folded, ...whole] = kept;
  expect(gap).toMatchObject({
    type: 'gap',
    deviceId: 'press-1',
    reason: expect.stringContaining('not-stored'),
  });
  const lost = gap !== undefined && 'count' in gap ? gap.count : 0;
  expect(lost + whole.length).toBe(20_020);
  expect(whole.length).toBeGreaterThanOrEqual(13);
  expect(JSON.stringify(whole).length).toBeLessThanOrEqual(17 * mebibyte);
  expect(folded).toMatchObject({ states: [{ key: 'press-1/hot', state: `state ${lost - 1}` }] });
  const ids = whole.map((one) => ('transitions' in one ? one.transitions[0]?.alertId : undefined));
  expect(ids.at(-1)).toBe(numberedId(20_019) satisfies AlertTransition['alertId']);
});
