import { expect, test } from 'vitest';
import { type Outcome, suggest } from '../../cloud/suggestions/suggest.ts';

const outcome = (change: Partial<Outcome> = {}): Outcome => ({
  tries: [],
  cleared: true,
  toPeople: false,
  priority: null,
  lastedSeconds: 60,
  ...change,
});
const tried = (command: string, helped: boolean) => ({ tries: [{ command, helped }] });
const people = (priority: string) => ({ toPeople: true, priority });
const times = (count: number, change: Partial<Outcome>) =>
  Array.from({ length: count }, () => outcome(change));

test('under five past alerts nothing is suggested', () => {
  expect(suggest(times(4, tried('reboot', true)))).toBeUndefined();
});

test('the remedy that helped most often is suggested, with how often it was tried', () => {
  const suggestion = suggest([
    ...times(8, { ...tried('reboot', true), lastedSeconds: 30 }),
    ...times(2, { ...tried('reboot', false), ...people('high'), lastedSeconds: 3600 }),
    ...times(6, { ...tried('purge', false), ...people('high'), lastedSeconds: 3600 }),
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
  expect(suggest(times(9, tried('reboot', false)))?.remedy).toBeNull();
  expect(suggest([...times(9, {}), ...times(3, tried('reboot', true))])?.remedy).toBeNull();
  expect(
    suggest([...times(2, people('high')), ...times(2, people('low')), ...times(2, people('normal'))])
      ?.priority,
  ).toBeNull();
});

test('each try counts, also where several remedies were tried for one alert', () => {
  const first = tried('reboot', true);
  const second = {
    tries: [
      { command: 'reboot', helped: false },
      { command: 'reboot', helped: false },
      { command: 'purge', helped: true },
    ],
  };
  expect(suggest([...times(6, first), ...times(2, second)])?.remedy).toEqual({
    command: 'reboot',
    tried: 10,
    helped: 6,
  });
});

test('only what went by itself counts as that: not what a person closed, and nothing that people were called for', () => {
  const suggestion = suggest([
    ...times(3, {}),
    ...times(2, { cleared: false }),
    ...times(4, { toPeople: true }),
    ...times(1, tried('reboot', false)),
  ]);
  expect(suggestion?.endedByThemselves).toBe(4);
});
