import { expect, test } from 'vitest';
import { alertStages, mayBecome, requireStatusStep } from '../../cloud/alerts/status.ts';

test('an alert goes through its stages by the table, and a closed one nowhere [I2]', () => {
  const steps = alertStages.map(
    (from) => `${from} > ${alertStages.filter((to) => mayBecome(from, to)).join(' ')}`,
  );
  expect(steps).toEqual([
    'active > in-progress command-sent case-created work-order-created inactive closed',
    'in-progress > active command-sent case-created work-order-created closed',
    'command-sent > active in-progress command-failed case-created work-order-created closed',
    'command-failed > active in-progress command-sent case-created work-order-created inactive closed',
    'case-created > active work-order-created closed',
    'work-order-created > active case-created closed',
    'inactive > in-progress command-sent case-created work-order-created closed',
    'closed > ',
  ]);
});

test('a step that the table does not have is refused with 409 and says what is possible', () => {
  expect(() => requireStatusStep('closed', 'active')).toThrowError(
    expect.objectContaining({ code: 'alerts.status-refused', status: 409 }),
  );
  expect(() => requireStatusStep('case-created', 'command-sent')).toThrowError(
    expect.objectContaining({
      nextStep: 'From case-created it may become work-order-created or active or closed.',
    }),
  );
});
