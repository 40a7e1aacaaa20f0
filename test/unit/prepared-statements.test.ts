import { expect, test } from 'vitest';
import { StatementNames } from '../../cloud/platform/prepared-statements.ts';

test('a statement is named from its twentieth run on, always by the same name, and another by another', () => {
  const names = new StatementNames();
  const runs = Array.from({ length: 22 }, () => names.nameOf('select 1'));
  expect(runs.slice(0, 19).every((name) => name === undefined)).toBe(true);
  expect(runs[19]).toMatch(/^andon_/);
  expect(new Set(runs.slice(19)).size).toBe(1);
  const others = Array.from({ length: 20 }, () => names.nameOf('select 2'));
  expect(others[19]).toMatch(/^andon_/);
  expect(others[19]).not.toBe(runs[19]);
});

test('statements that differ from call to call, or are very long, are never named', () => {
  const names = new StatementNames();
  const once = Array.from({ length: 20_000 }, (_, number) => names.nameOf(`select ${number}`));
  const long = Array.from({ length: 30 }, () => names.nameOf('x'.repeat(10_000)));
  expect([...once, ...long].every((name) => name === undefined)).toBe(true);
});

test('no more statements are named than a connection should keep', () => {
  const names = new StatementNames();
  const named = new Set<string>();
  for (let number = 0; number < 2000; number += 1) {
    for (let run = 0; run < 20; run += 1) {
      const name = names.nameOf(`select ${number}`);
      if (name !== undefined) {
        named.add(name);
      }
    }
  }
  expect(named.size).toBe(150);
});

test('a statement that is run seldom among others is not named, however often in all', () => {
  const names = new StatementNames();
  for (let run = 0; run < 60; run += 1) {
    expect(names.nameOf('select seldom')).toBeUndefined();
    for (let other = 0; other < 2000; other += 1) {
      names.nameOf(`select ${run} ${other}`);
    }
  }
});
