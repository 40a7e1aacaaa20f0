import { describe, expect, it } from 'vitest';
import {
  afterAttempt,
  reasonToBlock,
  type SendingFacts,
  stateOfParts,
} from '../../cloud/notifications/index.ts';

const facts: SendingFacts = {
  channel: 'sms',
  purpose: 'transactional',
  topic: null,
  contactKnown: true,
  recipient: '+442079460958',
  consents: [],
  twinId: null,
};

describe('the stages before a channel', () => {
  it('lets a transactional message to a number through', () => {
    expect(reasonToBlock(facts)).toBeUndefined();
  });
  it('says that there is nobody to tell', () => {
    expect(reasonToBlock({ ...facts, contactKnown: false, recipient: null })).toMatch(/nobody to tell/);
  });
  it('says that there is no contact point', () => {
    expect(reasonToBlock({ ...facts, recipient: null })).toMatch(/has no phone number/);
    expect(reasonToBlock({ ...facts, channel: 'email', recipient: null })).toMatch(/has no email address/);
  });
  it('says that a contact point cannot exist', () => {
    expect(reasonToBlock({ ...facts, recipient: '+1' })).toMatch(/cannot exist as a phone number/);
    expect(reasonToBlock({ ...facts, channel: 'email', recipient: 'nobody' })).toMatch(
      /cannot exist as an email address/,
    );
  });
  it('says that the contact point opted out', () => {
    expect(
      reasonToBlock({ ...facts, consents: [{ purpose: 'transactional', topic: '', state: 'opted-out' }] }),
    ).toMatch(/opted out of transactional/);
  });
  it('says which message is the twin', () => {
    expect(reasonToBlock({ ...facts, twinId: 'the-other' })).toMatch(/the-other/);
  });
});

describe('what an attempt leads to', () => {
  const message = { attempts: 1, createdAt: new Date(0) };
  it('waits longer after each temporary failure, and gives up after a day', () => {
    const reason = 'the connection was refused';
    const waits = [1, 2, 3, 20].map((attempts) => {
      const after = afterAttempt({ kind: 'temporary', reason }, { ...message, attempts }, 1000, () => 1);
      return (after.nextAttemptAt?.getTime() ?? 0) - 1000;
    });
    expect(waits).toEqual([2000, 4000, 8000, 900_000]);
    const late = afterAttempt(
      { kind: 'temporary', reason },
      { ...message, attempts: 99 },
      86_400_000,
      () => 1,
    );
    expect(late).toEqual({
      state: 'failed',
      reason: 'Given up after 99 attempts within a day. the connection was refused',
      nextAttemptAt: null,
    });
  });
  it('never plans another attempt when the outcome is unknown', () => {
    const after = afterAttempt({ kind: 'unknown', reason: 'cut' }, message, 1000, () => 0);
    expect(after).toEqual({ state: 'unknown', reason: 'cut', nextAttemptAt: null });
  });
  it('is delivered when all parts are, undelivered when one is', () => {
    expect(stateOfParts([])).toBe('sent');
    expect(stateOfParts([{ outcome: 'delivered' }, { outcome: null }])).toBe('sent');
    expect(stateOfParts([{ outcome: 'delivered' }, { outcome: 'delivered' }])).toBe('delivered');
    expect(stateOfParts([{ outcome: null }, { outcome: 'undelivered' }])).toBe('undelivered');
  });
});
