import { expect, test } from 'vitest';
import type { DeviceCategory } from '../../cloud/console/src/api/types.ts';
import { toDraft, withDraft } from '../../cloud/console/src/pages/category-draft.ts';

const hi = {
  setpoint: 100,
  deadband: 4,
  onDelayMilliseconds: 2000,
  severity: 'MINOR',
  errorCode: 21,
} as const;
const category: DeviceCategory = {
  id: 'press',
  name: 'Press',
  signals: [{ name: 'temperature', unit: 'Cel' }, { name: 'errorCode' }],
  rules: [
    { name: 'codes', signal: 'errorCode' },
    { name: 'hot', signal: 'temperature', limits: { hi } },
  ],
  commands: [],
  escalationPolicy: { rules: [{ when: {}, remedies: [], otherwise: 'case' }] },
  version: 3,
};

test('a category that is opened and saved is what it was', () => {
  const { id: _id, version: _version, ...written } = category;
  const saved = withDraft(category, toDraft(category));
  expect({ ...saved, rules: [...saved.rules].reverse() }).toEqual(written);
});

test('an edit of a limit keeps its delay and severity, and a limit that is emptied goes', () => {
  const draft = toDraft(category);
  const [temperature, ...rest] = draft.signals;
  if (temperature === undefined) throw new Error('no row');
  const edited = withDraft(category, {
    ...draft,
    signals: [{ ...temperature, hi: 95, hihi: 120, errorCode: 22 }, ...rest],
  });
  expect(edited.rules[0]).toMatchObject({
    name: 'hot',
    limits: {
      hi: { ...hi, setpoint: 95, errorCode: 22 },
      hihi: { setpoint: 120, severity: 'CRITICAL', errorCode: 22 },
    },
  });
  const emptied = withDraft(category, { ...draft, signals: [{ ...temperature, hi: '' }, ...rest] });
  expect(emptied.rules.map(({ name }) => name)).toEqual(['codes']);
});
