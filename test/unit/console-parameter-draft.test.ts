import { expect, test } from 'vitest';
import type { CommandParameter } from '../../cloud/console/src/api/types.ts';
import { emptyDraft, valuesOf } from '../../cloud/console/src/pages/parameter-draft.ts';

const parameters: CommandParameter[] = [
  {
    name: 'profile',
    type: 'object',
    required: true,
    parameters: [
      { name: 'speed', type: 'integer', required: true },
      { name: 'ramp', type: 'object', parameters: [{ name: 'seconds', type: 'number', default: 2.5 }] },
    ],
  },
  { name: 'note', type: 'text' },
  { name: 'forced', type: 'boolean', required: true, default: false },
  { name: 'hard', type: 'boolean' },
  { name: 'at', type: 'datetime' },
];

test('a form opens with the defaults, and what is left empty is left out', () => {
  const draft = emptyDraft(parameters);
  expect(draft).toEqual({
    profile: { speed: '', ramp: { seconds: '2.5' } },
    note: '',
    forced: false,
    hard: '',
    at: '',
  });
  expect(valuesOf(parameters, draft)).toEqual({ profile: { ramp: { seconds: 2.5 } }, forced: false });
});

test('what was typed is sent as its type', () => {
  const draft = {
    profile: { speed: '900', ramp: { seconds: '' } },
    note: 'x',
    forced: true,
    hard: 'false',
    at: '2026-03-02T08:00',
  };
  expect(valuesOf(parameters, draft)).toEqual({
    profile: { speed: 900 },
    note: 'x',
    forced: true,
    hard: false,
    at: new Date('2026-03-02T08:00').toISOString(),
  });
});
