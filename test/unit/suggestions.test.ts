import { expect, test } from 'vitest';
import { type Outcome, suggest } from '../../cloud/suggestions/suggest.ts';

const outcome = (change: Partial<Outcome> = {}): Outcome => ({
  command: null,
  commandHelped: null,
  priority: null,
  lastedSeconds: 60,
  ...change,
});
const times = (count: number, change: Partial<Outcome>) =>
  Array.from({ length: count }, () => outcome(change));

test('under five past alerts nothing is suggested', () => {
  expect(suggest(times(4, { command: 'reboot', commandHelped: true }))).toBeUndefined();
});

test('the remedy that helped most often is suggested, with how often it was tried', () => {
  const suggestion = suggest([
    ...times(8, { command: 'reboot', commandHelped: true, lastedSeconds: 30 }),
    ...times(2, { command: 'reboot', commandHelped: false, priority: 'high', lastedSeconds: 3600 }),
    ...times(6, { command: 'purge', commandHelped: false, priority: 'high', lastedSeconds: 3600 }),
    ...times(4, {}),
  ]);
  expect(suggestion).toEqual({
    basis: 20,
    remedy: { command: 'reboot', tried: 10, helped: 8 },
    priority: { priority: 'high', cases: 8, withThisPriority: 8 },
    medianSeconds: 60,
    endedByThemselves: 4,
  });
});

test('what helps more rarely than every second time, or was tried too rarely, is not suggested', () => {
  expect(suggest(times(9, { command: 'reboot', commandHelped: false }))?.remedy).toBeNull();
  expect(
    suggest([...times(9, {}), ...times(3, { command: 'reboot', commandHelped: true })])?.remedy,
  ).toBeNull();
  expect(
    suggest([
      ...times(2, { priority: 'high' }),
      ...times(2, { priority: 'low' }),
      ...times(2, { priority: 'normal' }),
    ])?.priority,
  ).toBeNull();
});
