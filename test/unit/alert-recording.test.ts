import { readFileSync } from 'node:fs';
import { compileRule, evaluateReading, idleState, type RuleState } from '@andon/shared/alert-rules';
import type { AlertRule, AlertTransition, DeviceDefinition } from '@andon/shared/contracts';
import { expect, test } from 'vitest';
import { createAlertEngine } from '../../gateway/alerts/index.ts';
import { toReadings } from '../../gateway/signals/index.ts';
import { describeRequiring, hasRecording, recordingFile } from '../support/requires.ts';

const rule: AlertRule = {
  name: 'temperature',
  version: 1,
  signal: 'temperature',
  limits: {
    hihi: { setpoint: 105, deadband: 2, severity: 'CRITICAL', errorCode: 42 },
    hi: { setpoint: 100, deadband: 2, severity: 'MAJOR', errorCode: 41 },
    lo: { setpoint: 45, deadband: 2, severity: 'MINOR' },
    lolo: { setpoint: 20, deadband: 2, severity: 'CRITICAL' },
  },
};
const machine: DeviceDefinition = {
  id: 'machine',
  signals: [{ name: 'temperature', unit: 'Cel' }],
  rules: [rule],
};
const playedAt = 1_700_000_000_000;

function recording() {
  const rows = readFileSync(recordingFile, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row, index) => {
    const [timestamp = '', value = ''] = row.split(',');
    const sourceTime = Date.parse(`${timestamp.replace(' ', 'T')}Z`);
    const message = {
      deviceId: 'machine',
      values: [{ signal: 'temperature', value: Number(value) }],
      sourceTime,
    };
    return toReadings(message, machine, { gatewayTime: playedAt + index, clockState: 'SYNCHRONIZED' })
      .readings;
  });
}

function tally(transitions: readonly AlertTransition[]) {
  const occurrences = Map.groupBy(transitions, ({ alertId }) => alertId);
  const reached = [...occurrences.values()].map((steps) => new Set(steps.map((step) => step.state)));
  const high = reached.filter((states) => states.has('HI') || states.has('HIHI'));
  const low = reached.filter((states) => states.has('LO') || states.has('LOLO'));
  return {
    occurrences: occurrences.size,
    high: high.length,
    hihi: high.filter((states) => states.has('HIHI')).length,
    low: low.length,
    lolo: low.filter((states) => states.has('LOLO')).length,
  };
}

const whatTheFileHolds = { occurrences: 33, high: 30, hihi: 2, low: 3, lolo: 1 };

describeRequiring('the recording of a machine that failed', { 'the recording': hasRecording }, () => {
  test('holds 30 alerts on the high side, 2 of them HIHI, and 3 on the low side, 1 of them LOLO', () => {
    const compiled = compileRule(rule);
    const readings = recording();
    expect(readings).toHaveLength(22_695);
    expect(readings.every(({ quality, historical }) => quality === 'GOOD' && historical)).toBe(true);
    let state: RuleState = idleState;
    let ids = 0;
    const transitions: AlertTransition[] = [];
    for (const reading of readings) {
      const step = evaluateReading(compiled, state, reading, () => `occurrence-${++ids}`);
      if (step === undefined) continue;
      state = step.state;
      for (const transition of step.transitions) {
        expect(transition).toMatchObject({ sourceTime: reading.sourceTime, value: reading.value });
      }
      transitions.push(...step.transitions);
    }
    expect(tally(transitions)).toEqual(whatTheFileHolds);
    expect(state).toBe(idleState);
  });

  test('holds the same for a gateway that is restarted, and ticks, after every hundred readings', () => {
    const readings = recording();
    const stored = new Map<string, string>();
    const transitions: AlertTransition[] = [];
    let ids = 0;
    for (let from = 0; from < readings.length; from += 100) {
      const states = [...stored].map(([key, state]) => ({ key, state }));
      const engine = createAlertEngine({
        newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
        states,
      });
      const now = playedAt + from;
      const evaluations = [
        engine.configure([machine], now),
        engine.evaluate(readings.slice(from, from + 100), now),
        engine.tick(now),
      ];
      for (const evaluation of evaluations) {
        transitions.push(...evaluation.transitions);
        for (const { key, state } of evaluation.states) {
          if (state === null) stored.delete(key);
          else stored.set(key, state);
        }
      }
    }
    expect(tally(transitions)).toEqual(whatTheFileHolds);
    expect(stored.size).toBe(0);
  });
});
