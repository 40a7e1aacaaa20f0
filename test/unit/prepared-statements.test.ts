import { expect, test } from 'vitest';
import { StatementNames } from '../../cloud/platform/prepared-statements.ts';

test('a statement is named from its fourth run on, always by the same name, and another by another', () => {
  const names = new StatementNames();
  const runs = Array.from({ length: 6 }, () => names.nameOf('select 1'));
  expect(runs.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(runs[3]).toMatch(/^andon_/);
  expect(new Set(runs.slice(3)).size).toBe(1);
  const others = Array.from({ length: 4 }, () => names.nameOf('select 2'));
  expect(others[3]).toMatch(/^andon_/);
  expect(others[3]).not.toBe(runs[3]);
});

test('statements that differ from call to call, or are very long, are never named', () => {
  const names = new StatementNames();
  const once = Array.from({ length: 20_000 }, (_, number) => names.nameOf(`select ${number}`));
  const long = Array.from({ length: 10 }, () => names.nameOf('x'.repeat(10_000)));
  expect([...once, ...long].every((name) => name === undefined)).toBe(true);
});

test('no more statements are named than a connection should keep', () => {
  const names = new StatementNames();
  const named = new Set<string>();
  for (let number = 0; number < 2000; number += 1) {
    for (let run = 0; run < 4; run += 1) {
      const name = names.nameOf(`select ${number}`);
      if (name !== undefined) {
        named.add(name);
      }
    }
  }
  expect(named.size).toBe(500);
});
