import { describe, expect, it } from 'vitest';
import {
  type ConsentRecord,
  consentOfKeyword,
  decideConsent,
  normaliseContactPoint,
} from '../../cloud/consent/index.ts';

const record = (
  purpose: ConsentRecord['purpose'],
  topic: string,
  state: ConsentRecord['state'],
): ConsentRecord => ({ purpose, topic, state });

describe('consent', () => {
  it.each([
    ['transactional without a word', 'transactional', null, [], true],
    ['commercial without a word', 'commercial', null, [], false],
    ['commercial after an opt-in', 'commercial', 'offers', [record('commercial', '', 'opted-in')], true],
    ['an opt-in to another purpose', 'commercial', null, [record('transactional', '', 'opted-in')], false],
    [
      'a topic opted out of',
      'transactional',
      'cases',
      [record('transactional', 'cases', 'opted-out')],
      false,
    ],
    [
      'another topic opted out of',
      'transactional',
      'cases',
      [record('transactional', 'news', 'opted-out')],
      true,
    ],
    ['a topic opted in to', 'commercial', 'offers', [record('commercial', 'offers', 'opted-in')], true],
    [
      'the purpose opted out of, the topic in',
      'commercial',
      'offers',
      [record('commercial', 'offers', 'opted-in'), record('commercial', '', 'opted-out')],
      false,
    ],
  ] as const)('%s', (_title, purpose, topic, records, allowed) => {
    const decision = decideConsent({ purpose, topic }, [...records]);
    expect(decision.allowed).toBe(allowed);
    expect(decision.reason).not.toBe('');
  });

  it('takes only a text that is nothing but a keyword', () => {
    expect(consentOfKeyword(' Stop. ')).toBe('opted-out');
    expect(consentOfKeyword('退訂')).toBe('opted-out');
    expect(consentOfKeyword('BAJA')).toBe('opted-out');
    expect(consentOfKeyword('start')).toBe('opted-in');
    expect(consentOfKeyword('please stop by tomorrow')).toBeUndefined();
    expect(consentOfKeyword('')).toBeUndefined();
  });

  it('compares contact points in one form', () => {
    expect(normaliseContactPoint('sms', '+44 20 7946 0958')).toBe('+442079460958');
    expect(normaliseContactPoint('sms', '442079460958')).toBe('+442079460958');
    expect(normaliseContactPoint('sms', '0044 20 7946 0958')).toBe('+442079460958');
    expect(normaliseContactPoint('sms', '12')).toBeUndefined();
    expect(normaliseContactPoint('email', ' Ana@Example.COM ')).toBe('ana@example.com');
    expect(normaliseContactPoint('email', 'a@b.c, d@e.f')).toBeUndefined();
    expect(normaliseContactPoint('email', 'nobody')).toBeUndefined();
  });
});
