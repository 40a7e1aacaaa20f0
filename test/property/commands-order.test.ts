import type { CommandUpdate } from '@andon/shared/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CommandProgress, isFinal, takeWord } from '../../cloud/commands/state.ts';

const queued: CommandProgress = {
  name: 'set-speed',
  state: 'QUEUED',
  reason: null,
  bootIdBefore: null,
  bootIdAfter: null,
  result: null,
  late: null,
};
const middle: CommandUpdate['state'][] = ['DELIVERED', 'ACCEPTED', 'EXECUTING'];
const ends: CommandUpdate['state'][] = [
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'EXPIRED',
  'REJECTED',
  'CANCELLED',
];

test('whatever the order and the repetitions of its words, a command ends as its one final word says', () => {
  const words = fc
    .tuple(fc.subarray(middle), fc.constantFrom(...ends))
    .chain(([steps, end]) =>
      fc.tuple(
        fc.constant(end),
        fc.shuffledSubarray([...steps, end], { minLength: steps.length + 1, maxLength: steps.length + 1 }),
        fc.shuffledSubarray([...steps, end]),
      ),
    );
  fc.assert(
    fc.property(words, ([end, once, again]) => {
      let command = queued;
      let changes = 0;
      for (const state of [...once, ...again]) {
        const { after, tookEffect } = takeWord(command, { state, at: 1 });
        expect(isFinal(command.state) && tookEffect).toBe(false);
        command = after;
        changes += tookEffect ? 1 : 0;
      }
      expect(command.state).toBe(end);
      expect(command.late).toBeNull();
      expect(changes).toBeLessThanOrEqual(once.length);
    }),
  );
});
