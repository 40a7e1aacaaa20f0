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

/** What a gateway may say of a reboot in the course of its life, with the boot ids that it knew. */
const wordsOfReboot: { state: CommandUpdate['state']; bootIdBefore?: string; bootIdAfter?: string }[] = [
  { state: 'DELIVERED', bootIdBefore: 'boot-a' },
  { state: 'ACCEPTED' },
  { state: 'EXECUTING' },
  { state: 'SUCCEEDED', bootIdBefore: 'boot-a', bootIdAfter: 'boot-b' },
];

test('a reboot succeeds by a new boot id alone, whatever order and repetitions its words come in [I4]', () => {
  const told = fc
    .tuple(fc.boolean(), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 20 }))
    .map(([reboots, order]) => ({
      reboots,
      words: [...order, 3].map((index) => wordsOfReboot[index]).filter((word) => word !== undefined),
    }));
  fc.assert(
    fc.property(told, ({ reboots, words }) => {
      let command: CommandProgress = { ...queued, name: 'reboot' };
      for (const word of words) {
        const bootIdAfter = reboots ? word.bootIdAfter : word.bootIdAfter && 'boot-a';
        const { bootIdAfter: _after, ...rest } = word;
        command = takeWord(command, { ...rest, ...(bootIdAfter ? { bootIdAfter } : {}), at: 1 }).after;
      }
      expect(command.state).toBe(reboots ? 'SUCCEEDED' : 'FAILED');
    }),
  );
});

test('what contradicts the first final word is kept beside it, and changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...middle, ...ends), { minLength: 1, maxLength: 20 }), (states) => {
      const firstEnd = states.find((state) => ends.includes(state));
      let command = queued;
      for (const state of states) {
        command = takeWord(command, { state, at: 1 }).after;
      }
      const contradiction = states.find((state) => ends.includes(state) && state !== firstEnd);
      expect(isFinal(command.state)).toBe(firstEnd !== undefined);
      if (firstEnd !== undefined) {
        expect(command.state).toBe(firstEnd);
        expect(command.late?.state).toBe(contradiction);
      }
    }),
  );
});
