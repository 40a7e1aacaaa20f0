import { expect, test } from 'vitest';
import { type AlertStatus, mayBecome, requireStatusStep } from '../../cloud/alerts/status.ts';

const all: AlertStatus[] = ['active', 'in-progress', 'closed', 'inactive'];

test('an alert goes through its statuses by the table, and a closed one nowhere', () => {
  const steps = all.flatMap((from) => all.filter((to) => mayBecome(from, to)).map((to) => `${from} > ${to}`));
  expect(steps).toEqual([
    'active > in-progress',
    'active > closed',
    'active > inactive',
    'in-progress > active',
    'in-progress > closed',
    'inactive > in-progress',
    'inactive > closed',
  ]);
});

test('a step that the table does not have is refused with 409 and says what is possible', () => {
  expect(() => requireStatusStep('closed', 'active')).toThrowError(
    expect.objectContaining({ code: 'alerts.status-refused', status: 409 }),
  );
  expect(() => requireStatusStep('inactive', 'active')).toThrowError(
    expect.objectContaining({ nextStep: 'From inactive it may become in-progress or closed.' }),
  );
});
