import type { CommandState } from '@andon/shared/contracts';
import { describe, expect, test } from 'vitest';
import { type CommandProgress, isFinal, mayBecome, takeWord } from '../../cloud/commands/state.ts';

const sent: CommandProgress = {
  name: 'reboot',
  state: 'SENT',
  reason: null,
  bootIdBefore: 'boot-a',
  bootIdAfter: null,
  result: null,
  late: null,
};

describe('the states of a command', () => {
  test('go forward only, and from a final one nowhere', () => {
    const order: CommandState[] = ['QUEUED', 'SENT', 'DELIVERED', 'ACCEPTED', 'EXECUTING', 'SUCCEEDED'];
    for (const [index, from] of order.entries()) {
      for (const [other, to] of order.entries()) {
        expect(mayBecome(from, to)).toBe(other > index && !isFinal(from));
      }
    }
    expect(mayBecome('EXPIRED', 'SUCCEEDED')).toBe(false);
    expect(mayBecome('SENT', 'REJECTED')).toBe(true);
  });

  test('a reboot succeeds with a new boot id', () => {
    const { after, tookEffect } = takeWord(sent, { state: 'SUCCEEDED', at: 1, bootIdAfter: 'boot-b' });
    expect(tookEffect).toBe(true);
    expect(after).toMatchObject({ state: 'SUCCEEDED', bootIdBefore: 'boot-a', bootIdAfter: 'boot-b' });
  });

  test('a reboot that is said to have succeeded with the same boot id has failed', () => {
    const { after } = takeWord(sent, {
      state: 'SUCCEEDED',
      at: 1,
      bootIdBefore: 'boot-a',
      bootIdAfter: 'boot-a',
    });
    expect(after.state).toBe('FAILED');
    expect(after.reason).toMatch(/^same-boot-id/);
  });

  test('a reboot without a boot id that proves it has failed', () => {
    const { after } = takeWord(sent, { state: 'SUCCEEDED', at: 1 });
    expect(after.reason).toMatch(/^boot-id-unknown/);
  });

  test('other commands need no boot id', () => {
    const { after } = takeWord({ ...sent, name: 'set-speed' }, { state: 'SUCCEEDED', at: 1 });
    expect(after.state).toBe('SUCCEEDED');
  });

  test('a late word is history, and one that contradicts the end is kept', () => {
    const expired = { ...sent, state: 'EXPIRED' as const };
    const { after, tookEffect } = takeWord(expired, { state: 'SUCCEEDED', at: 7, bootIdAfter: 'boot-b' });
    expect(tookEffect).toBe(false);
    expect(after).toMatchObject({ state: 'EXPIRED', late: { state: 'SUCCEEDED', at: 7 } });
    const succeeded = { ...sent, state: 'SUCCEEDED' as const };
    expect(takeWord(succeeded, { state: 'DELIVERED', at: 9 })).toEqual({
      after: succeeded,
      tookEffect: false,
    });
  });
});
