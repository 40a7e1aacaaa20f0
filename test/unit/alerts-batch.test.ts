import { describe, expect, test } from 'vitest';
import { type AlertDevice, type AlertRecord, planBatch } from '../../cloud/alerts/batch.ts';
import { alertTransition, morning, numberedId } from '../support/alert-records.ts';

const press: AlertDevice = {
  id: 'press-1',
  accountId: numberedId(900),
  assetId: numberedId(901),
  categoryId: 'press',
  siteId: null,
};

function plan(
  records: ReturnType<typeof alertTransition>[],
  alerts: readonly AlertRecord[] = [],
  known: readonly string[] = [],
) {
  return planBatch({
    records: records.map((record) => ({ gatewayId: 'line-1', record })),
    devices: () => new Map([[press.id, press]]),
    alerts,
    known: (alertId, number) => known.includes(`${alertId}/${number}`),
  });
}

const typesOf = (planned: ReturnType<typeof plan>) => planned.events.map((event) => event.type);

describe('a batch of alert records', () => {
  test('makes an alert of a raised transition, with one event', () => {
    const planned = plan([alertTransition()]);
    expect(planned.inserted).toMatchObject([
      { condition: 'active', status: 'active', errorCode: 42, setpoint: 100, accountId: press.accountId },
    ]);
    expect(typesOf(planned)).toEqual(['alert.raised']);
    expect(planned.events[0]?.payload).toMatchObject({ deviceId: 'press-1', errorCode: 42, number: 1 });
  });

  test('of two gateways takes what each says of its own devices, and tells who said it', () => {
    const pump: AlertDevice = { ...press, id: 'pump-1' };
    const own = new Map([
      ['line-1', new Map([[press.id, press]])],
      ['line-2', new Map([[pump.id, pump]])],
    ]);
    const planned = planBatch({
      records: [
        { gatewayId: 'line-1', record: alertTransition() },
        { gatewayId: 'line-2', record: alertTransition({ alertId: numberedId(2), deviceId: pump.id }) },
        { gatewayId: 'line-2', record: alertTransition({ alertId: numberedId(3) }) },
      ],
      devices: (gatewayId) => own.get(gatewayId) ?? new Map(),
      alerts: [],
      known: () => false,
    });
    expect(planned.inserted.map(({ id, gatewayId, deviceId }) => [id, gatewayId, deviceId])).toEqual([
      [numberedId(1), 'line-1', 'press-1'],
      [numberedId(2), 'line-2', 'pump-1'],
    ]);
    expect(planned.events.map(({ gatewayId, alertId }) => [gatewayId, alertId])).toEqual([
      ['line-1', numberedId(1)],
      ['line-2', numberedId(2)],
    ]);
    expect(planned.setAside).toMatchObject([
      { gatewayId: 'line-2', record: { alertId: numberedId(3) }, reason: 'unknown-device' },
    ]);
  });

  test('ignores repetitions, in the batch and of what is stored', () => {
    const planned = plan([alertTransition(), alertTransition()]);
    expect(planned.transitions).toHaveLength(1);
    const again = plan([alertTransition()], planned.inserted, [`${numberedId(1)}/1`]);
    expect(again).toEqual({
      inserted: [],
      updated: [],
      primaries: new Map(),
      transitions: [],
      events: [],
      setAside: [],
    });
  });

  test('tells raised, escalated and cleared of a whole life in one batch, each once', () => {
    const planned = plan([
      alertTransition(),
      alertTransition({ number: 2, transition: 'escalated', state: 'HIHI', severity: 'CRITICAL' }),
      alertTransition({ number: 3, transition: 'cleared', value: 90, sourceTime: morning + 9000 }),
    ]);
    expect(typesOf(planned)).toEqual([
      'alert.raised',
      'alert.escalated',
      'alert.status-changed',
      'alert.cleared',
    ]);
    expect(planned.inserted).toMatchObject([
      {
        condition: 'cleared',
        status: 'inactive',
        state: 'HIHI',
        peakSeverity: 'CRITICAL',
        value: 101.5,
        clearedAt: morning + 9000,
        transitionCount: 3,
      },
    ]);
  });

  test('takes a clear that comes before the raising', () => {
    const clear = alertTransition({
      number: 2,
      transition: 'cleared',
      value: 90,
      sourceTime: morning + 9000,
    });
    const first = plan([clear]);
    expect(first.inserted).toMatchObject([{ condition: 'cleared', raisedAt: morning + 9000 }]);
    const second = plan([alertTransition()], first.inserted, [`${numberedId(1)}/2`]);
    expect(second.updated).toMatchObject([
      { condition: 'cleared', value: 101.5, raisedAt: morning, clearedAt: morning + 9000 },
    ]);
    expect(typesOf(second)).toEqual([]);
  });

  test('closes the older occurrence of a rule whose clear was lost', () => {
    const first = plan([alertTransition()]);
    const newer = alertTransition({
      alertId: numberedId(2),
      sourceTime: morning + 60_000,
      gatewayTime: morning + 60_000,
    });
    const second = plan([newer], first.inserted);
    expect(second.updated).toMatchObject([
      { id: numberedId(1), condition: 'cleared', status: 'closed', clearedAt: morning + 60_000 },
    ]);
    expect(second.updated[0]?.statusReason).toMatch(/^superseded/);
    expect(second.inserted).toMatchObject([{ id: numberedId(2), condition: 'active', parentAlertId: null }]);
  });

  test('does not open an occurrence that is older than the open one', () => {
    const newer = alertTransition({
      alertId: numberedId(2),
      sourceTime: morning + 60_000,
      gatewayTime: morning + 60_000,
    });
    const first = plan([newer]);
    const second = plan([alertTransition()], first.inserted);
    expect(second.inserted).toMatchObject([{ id: numberedId(1), condition: 'cleared', status: 'closed' }]);
    expect(second.updated).toEqual([]);
  });

  test('groups the same device and error code within five minutes under the open primary', () => {
    const child = (after: number, change = {}) =>
      plan(
        [
          alertTransition({
            alertId: numberedId(2),
            rule: 'pressure',
            sourceTime: morning + after,
            ...change,
          }),
        ],
        plan([alertTransition()]).inserted,
      ).inserted[0]?.parentAlertId;
    expect(child(300_000)).toBe(numberedId(1));
    expect(child(300_001)).toBeNull();
    expect(child(1000, { errorCode: 43 })).toBeNull();
  });

  test('sets aside what is not of this gateway, and takes the rest', () => {
    const planned = plan([
      alertTransition({ deviceId: 'stranger' }),
      alertTransition(),
      alertTransition({ number: 2, rule: 'another-rule' }),
    ]);
    expect(planned.setAside.map((entry) => entry.reason)).toEqual([
      'unknown-device',
      'alert-of-another-rule',
    ]);
    expect(planned.transitions).toHaveLength(1);
  });
});
