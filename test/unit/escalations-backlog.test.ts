import { describe, expect, test } from 'vitest';
import { isToldLate, judgeBacklog, type LateAlertFacts } from '../../cloud/escalations/backlog.ts';

const minute = 60_000;
const now = Date.UTC(2026, 2, 2, 8);
const twoDaysAgo = now - 2 * 24 * 60 * minute;
const received = now - minute;
/** A device delivers what it kept: an hour of the past within a minute. */
const coming: LateAlertFacts = {
  raisedAt: twoDaysAgo,
  receivedAt: received,
  newest: { sourceTime: twoDaysAgo + 60 * minute, gatewayTime: now - 100 },
  heardAt: now - 100,
  gatewayConnected: true,
  now,
};

describe('the data of a late alert', () => {
  test('are a backlog as long as they come faster than time passes', () => {
    expect(judgeBacklog(coming)).toBe('still-coming');
  });
  test('are of the present when the newest is, when they have ended, or when the clock is merely slow', () => {
    const live = { sourceTime: now - 200, gatewayTime: now - 100 };
    expect(judgeBacklog({ ...coming, newest: live })).toBe('present');
    expect(judgeBacklog({ ...coming, now: now + 2 * minute })).toBe('present');
    const slow = { sourceTime: twoDaysAgo + minute, gatewayTime: now };
    expect(judgeBacklog({ ...coming, newest: slow })).toBe('present');
  });
  test('say nothing yet while the gateway is away, or while no reading followed the alert', () => {
    expect(judgeBacklog({ ...coming, gatewayConnected: false, now: now + 9 * minute })).toBe('still-coming');
    const before = { sourceTime: now - 3 * minute, gatewayTime: now - 3 * minute };
    expect(judgeBacklog({ ...coming, newest: before })).toBe('still-coming');
    expect(judgeBacklog({ ...coming, newest: undefined })).toBe('still-coming');
  });
});

test('an alert is late by its old data, or because its gateway was cut off for long', () => {
  expect(isToldLate({ historical: true, receivedAt: now, storedAt: now })).toBe(true);
  expect(isToldLate({ historical: false, receivedAt: now - 6 * minute, storedAt: now })).toBe(true);
  expect(isToldLate({ historical: false, receivedAt: now - minute, storedAt: now })).toBe(false);
});
