import { describe, expect, test } from 'vitest';
import type { EscalationRule } from '../../cloud/devices/index.ts';
import {
  type ClearedBy,
  decide,
  type Episode,
  type EpisodeEvent,
  newEpisode,
} from '../../cloud/escalations/episode.ts';

const reboot = { command: 'reboot', times: 1, expiresInSeconds: 120 };
const rule: EscalationRule = {
  when: { errorCodes: [{ from: 11 }] },
  remedies: [reboot],
  verify: { clearForSeconds: 5, withinSeconds: 30 },
  otherwise: 'case',
};
const fresh = newEpisode({ rule, wantedPriority: null, alerts: { a: 'active' } });

function play(start: Episode, ...timeline: [number, EpisodeEvent][]) {
  let episode = start;
  const actions: string[] = [];
  for (const [now, event] of timeline) {
    const decision = decide(episode, event, now);
    episode = decision.episode;
    actions.push(...decision.actions.map((action) => (action.type === 'tell' ? action.step : action.type)));
  }
  return { episode, actions };
}

const begun: [number, EpisodeEvent] = [0, { type: 'begun', byHand: false, told: 'now' }];
const issued: [number, EpisodeEvent] = [0, { type: 'remedy-issued', commandId: 'c1', expiresAt: 120_000 }];
const ended = (now: number, succeeded = true): [number, EpisodeEvent] => [
  now,
  { type: 'remedy-ended', commandId: 'c1', succeeded, at: now, isUnbegun: false, reason: 'no-boot' },
];
const cleared = (now: number, by: ClearedBy = { goodAt: now }): [number, EpisodeEvent] => [
  now,
  { type: 'alert-cleared', alertId: 'a', by },
];
const tick = (now: number): [number, EpisodeEvent] => [now, { type: 'time-passed' }];

describe('a fault episode', () => {
  test('is remedied when the alert clears after the command and stays clear', () => {
    const { episode, actions } = play(
      fresh,
      begun,
      issued,
      ended(1000),
      cleared(3000),
      tick(7999),
      tick(8000),
    );
    expect(actions).toEqual([
      'started',
      'issue-remedy',
      'remedy-sent',
      'verifying',
      'close-alerts',
      'remedied',
    ]);
    expect(episode).toMatchObject({ state: 'remedied', closedAt: 8000, dueAt: null });
  });

  test('opens a case when the command fails, with its reason', () => {
    const { episode, actions } = play(fresh, begun, issued, ended(1000, false));
    expect(actions.slice(-2)).toEqual(['unremedied', 'open-case']);
    expect(episode).toMatchObject({ state: 'unremedied', reason: 'no-boot' });
  });

  test('is not remedied where nothing that was measured ended the alert: people look at it', () => {
    const gone = play(fresh, begun, issued, ended(0), cleared(3000, 'nothing-measured'), tick(8000));
    expect(gone.actions.slice(-2)).toEqual(['unremedied', 'open-case']);
    expect(gone.episode).toMatchObject({ state: 'unremedied', attempts: 1 });
    expect(gone.episode.reason).toMatch(/^cleared-unproven/);
    const quiet = newEpisode({
      rule: { ...rule, otherwise: 'none' },
      wantedPriority: null,
      alerts: { a: 'active' },
    });
    const nobody = play(quiet, begun, issued, ended(0), cleared(3000, 'nothing-measured'), tick(8000));
    expect(nobody.actions.slice(-2)).toEqual(['close-alerts', 'unremedied']);
    expect(nobody.episode.closedAt).toBe(8000);
  });

  test('is not remedied by what was begun after the alert was over, nor by a successor of the alert', () => {
    const before = play(fresh, begun, issued, cleared(500), ended(1000), tick(6000));
    expect(before.actions.slice(-2)).toEqual(['close-alerts', 'closed']);
    expect(before.episode.reason).toMatch(/^ended-by-itself/);
    const starts: [number, EpisodeEvent] = [400, { type: 'remedy-begun', commandId: 'c1', at: 400 }];
    const meanwhile = play(fresh, begun, issued, starts, cleared(500), ended(1000), tick(6000));
    expect(meanwhile.episode.reason).toMatch(/^stayed-clear/);
    const successor = play(fresh, begun, issued, ended(0), cleared(3000, 'successor'), tick(8000));
    expect(successor.actions).not.toContain('remedied');
  });

  test('counts no clear that was measured after a try that failed as its doing', () => {
    const waiting = newEpisode({
      rule: { ...rule, remedies: [{ ...reboot, times: 2, waitSeconds: 60 }] },
      wantedPriority: null,
      alerts: { a: 'active' },
    });
    const starts: [number, EpisodeEvent] = [400, { type: 'remedy-begun', commandId: 'c1', at: 400 }];
    const { episode, actions } = play(
      waiting,
      begun,
      issued,
      starts,
      ended(1000, false),
      cleared(2000),
      tick(61_000),
      tick(66_000),
    );
    expect(actions.slice(-2)).toEqual(['close-alerts', 'closed']);
    expect(episode.reason).toMatch(/^ended-by-itself/);
  });

  test('opens a case when the alert does not clear in time', () => {
    expect(play(fresh, begun, issued, ended(0), tick(29_999)).episode.state).toBe('verifying');
    const { episode, actions } = play(fresh, begun, issued, ended(0), tick(30_000));
    expect(actions.at(-1)).toBe('open-case');
    expect(episode.reason).toMatch(/^not-cleared/);
  });

  test('opens a case when the fault comes back while it is verified', () => {
    const { episode } = play(fresh, begun, issued, ended(0), cleared(1000), [
      2000,
      { type: 'alert-raised', alertId: 'b', isLate: false },
    ]);
    expect(episode.reason).toMatch(/^raised-again/);
  });

  test('opens a case when nothing is heard of the remedy', () => {
    expect(play(fresh, begun, issued, tick(420_000)).episode.reason).toMatch(/^no-result/);
  });

  test('tries again as often as the policy says', () => {
    const twice = {
      ...fresh,
      rule: { ...rule, remedies: [{ ...reboot, times: 2 }] },
    };
    const { episode, actions } = play(twice, begun, issued, ended(0, false));
    expect(actions.at(-1)).toBe('issue-remedy');
    expect(episode).toMatchObject({ state: 'remedying', attempts: 2 });
  });

  test('remembers a wanted priority while it is remedied, and opens no case if that helps', () => {
    const request: [number, EpisodeEvent] = [
      500,
      { type: 'case-requested', priority: 'critical', byHand: false },
    ];
    const helped = play(fresh, begun, issued, request, ended(1000), cleared(2000), tick(7000), request);
    expect(helped.episode.state).toBe('remedied');
    expect(helped.actions).not.toContain('open-case');
    const failed = play(fresh, begun, issued, request, ended(1000, false));
    expect(failed.episode.wantedPriority).toBe('critical');
  });

  test('opens a case at once where no policy covers it, or a person asks', () => {
    const uncovered = newEpisode({ rule: null, wantedPriority: 'critical', alerts: { a: 'active' } });
    expect(play(uncovered, begun).actions).toEqual(['started', 'unremedied', 'open-case']);
    const byHand: [number, EpisodeEvent] = [5, { type: 'case-requested', priority: 'normal', byHand: true }];
    expect(play(fresh, begun, issued, byHand).actions.at(-1)).toBe('open-case');
  });

  test('does nothing for an alert that was over before anything was tried', () => {
    const over = newEpisode({ rule, wantedPriority: null, alerts: { a: 'cleared' } });
    expect(play(over, begun).actions).toEqual(['started', 'remedied']);
  });

  const late: [number, EpisodeEvent] = [0, { type: 'begun', byHand: false, told: 'late' }];
  const judged = (now: number, judgement: 'still-coming' | 'present'): [number, EpisodeEvent] => [
    now,
    { type: 'backlog-judged', judgement },
  ];

  test('that was told late and clears while it is waited, is over without a remedy or a case', () => {
    const { episode, actions } = play(fresh, late, tick(29_999), cleared(29_999));
    expect(actions).toEqual(['started', 'remedied']);
    expect(episode).toMatchObject({ state: 'remedied', attempts: 0, dueAt: null, closedAt: 29_999 });
    expect(episode.reason).toMatch(/^over-when-heard-of/);
  });

  test('that was told late is looked at again while its data come, and remedied once they are of the present', () => {
    const waiting = play(fresh, late, tick(30_000), judged(30_000, 'still-coming'));
    expect(waiting.actions).toEqual(['started', 'judge-backlog']);
    expect(waiting.episode).toMatchObject({ state: 'open', dueAt: 35_000 });
    expect(play(waiting.episode, judged(35_000, 'present')).actions).toEqual(['issue-remedy']);
    expect(play(waiting.episode, judged(3_600_000, 'still-coming')).actions).toEqual(['issue-remedy']);
  });

  test('that was told late is remedied at once when the fault is raised anew by present data', () => {
    const again = (isLate: boolean): [number, EpisodeEvent] => [
      9,
      { type: 'alert-raised', alertId: 'b', isLate },
    ];
    expect(play(fresh, late, again(true)).actions).toEqual(['started']);
    expect(play(fresh, late, again(false)).actions).toEqual(['started', 'issue-remedy']);
  });

  test('takes no late alert for a fault that came back after the remedy', () => {
    const joined: [number, EpisodeEvent] = [4000, { type: 'alert-raised', alertId: 'b', isLate: true }];
    const over: [number, EpisodeEvent] = [
      5000,
      { type: 'alert-cleared', alertId: 'b', by: { goodAt: 5000 } },
    ];
    const verifying = play(fresh, begun, issued, ended(0), cleared(1000), joined);
    expect(verifying.episode).toMatchObject({ state: 'verifying', clearSince: null });
    expect(play(verifying.episode, over, tick(10_000)).episode.state).toBe('remedied');
  });

  test('calls its remedy back when the alert clears before it was begun, and opens no case for that', () => {
    const unbegun: [number, EpisodeEvent] = [
      3000,
      {
        type: 'remedy-ended',
        commandId: 'c1',
        succeeded: false,
        at: 3000,
        isUnbegun: true,
        reason: 'cancelled',
      },
    ];
    const { episode, actions } = play(fresh, begun, issued, cleared(2000), unbegun);
    expect(actions.slice(3)).toEqual(['withdraw-remedy', 'close-alerts', 'closed']);
    expect(episode.reason).toMatch(/^cleared-by-itself/);
    expect(play(fresh, begun, issued, unbegun).actions).toContain('open-case');
  });

  test('is over when its case is closed', () => {
    const { episode, actions } = play(
      fresh,
      begun,
      issued,
      ended(0, false),
      [0, { type: 'case-opened', caseId: 'k', workOrderId: null }],
      [9, { type: 'case-closed', caseId: 'k' }],
    );
    expect(episode).toMatchObject({ state: 'case-opened', closedAt: 9 });
    expect(actions.slice(-2)).toEqual(['close-alerts', 'closed']);
  });
});
