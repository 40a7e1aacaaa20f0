import i18next from 'i18next';
import { describe, expect, test } from 'vitest';
import type { EscalationPolicy } from '../../cloud/console/src/api/escalation-policy.ts';
import { policyEn } from '../../cloud/console/src/i18n/policy.ts';
import {
  codesOf,
  codesText,
  newRule,
  toPolicy,
  toRuleDrafts,
} from '../../cloud/console/src/pages/policy-draft.ts';
import { ruleSentence } from '../../cloud/console/src/pages/policy-sentence.ts';

const policy: EscalationPolicy = {
  rules: [
    {
      name: 'Hot',
      when: { errorCodes: [{ from: 11 }, { from: 5, to: 7 }, { from: 3, to: 3 }], severities: ['MAJOR'] },
      remedies: [
        { command: 'reboot', times: 2, expiresInSeconds: 60, waitSeconds: 300 },
        { command: 'set-speed', parameters: { speed: 100 }, times: 1, expiresInSeconds: 60 },
      ],
      verify: { clearForSeconds: 10, withinSeconds: 120 },
      otherwise: 'case-and-work-order',
      incidentTypeId: 'hot',
      priority: 'high',
    },
    { when: { rules: ['a'], signals: ['b'] }, remedies: [], otherwise: 'none' },
  ],
};

test('a policy that is opened in the form and saved is what it was', () => {
  expect(toPolicy(toRuleDrafts(policy))).toEqual(policy);
  expect(toPolicy([])).toBeNull();
});

test('error codes are read as people write them, and what cannot be read is told', () => {
  expect(codesOf('11-, 20-29 42')).toEqual([{ from: 11 }, { from: 20, to: 29 }, { from: 42, to: 42 }]);
  expect(codesText([{ from: 11 }, { from: 20, to: 29 }, { from: 42, to: 42 }])).toBe('11-, 20-29, 42');
  for (const wrong of ['x', '9-3', '70000', '-4', '1-70000']) {
    expect(codesOf(wrong)).toBeUndefined();
  }
});

describe('what a rule will do, in plain words', async () => {
  const words = i18next.createInstance();
  await words.init({
    lng: 'en',
    resources: { en: { translation: { policy: policyEn } } },
    interpolation: { escapeValue: false },
  });
  const say = (rule: EscalationPolicy['rules'][number]) =>
    ruleSentence(rule, (key, values) => words.t(key, values ?? {}));

  test('remedies, their verification, and who is called otherwise', () => {
    const [rule] = policy.rules;
    expect(rule && say(rule)).toBe(
      'For alerts with error code 11 or above or 5–7 or 3 of severity MAJOR: the device is sent reboot up to 2 times, ' +
        '5 min apart, then set-speed. If the alert clears within 2 min after one of them and stays cleared for 10 s, ' +
        'it is closed. Otherwise a case with a work order is opened. Its priority is: High.',
    );
  });

  test('a case at once, and nothing at all', () => {
    expect(say(toPolicy([newRule(1)])?.rules[0] ?? { when: {}, remedies: [], otherwise: 'none' })).toBe(
      'For every alert: a case is opened at once.',
    );
    const [, rule] = policy.rules;
    expect(rule && say(rule)).toBe('For alerts of the rule a of the signal b: nothing is done.');
  });
});
