import { describe, expect, it } from 'vitest';
import { businessTriggerOf, findAttributeIssue } from '../../cloud/journeys/index.ts';
import type { StoredEvent } from '../../cloud/platform/index.ts';

const event = (type: string, payload: Record<string, unknown>): StoredEvent => ({
  id: 1,
  type,
  key: 'k',
  payload,
  actor: 'system:test',
  causedBy: null,
  occurredAt: new Date(0),
});

describe('the triggers of the business', () => {
  it('leaves out what an alert does not have', () => {
    const trigger = businessTriggerOf(
      event('alert.raised', { alertId: 'a', deviceId: 'press-1', errorCode: null, accountId: 'acme' }),
    );
    expect(trigger).toEqual({
      trigger: 'device-error',
      attributes: { alertId: 'a', deviceId: 'press-1' },
      contactId: null,
      accountId: 'acme',
    });
  });

  it('tells of a resolution that is longer than an attribute may be', () => {
    const trigger = businessTriggerOf(
      event('case.status-changed', {
        caseId: 'c',
        to: 'resolved',
        resolution: '😀'.repeat(5000),
        publicUrl: 'u',
      }),
    );
    const resolution = trigger?.attributes.resolution;
    const declared = [{ name: 'resolution', type: 'text' as const, required: true }];
    expect(findAttributeIssue(declared, { resolution })).toBeUndefined();
    expect(trigger?.attributes).toMatchObject({ status: 'resolved', link: 'u' });
  });

  it('raises nothing for other events', () => {
    expect(businessTriggerOf(event('alert.cleared', { alertId: 'a' }))).toBeUndefined();
  });
});
