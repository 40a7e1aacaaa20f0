import { readFileSync } from 'node:fs';
import { compileRule, evaluateReading, idleState, type RuleState } from '@andon/shared/alert-rules';
import type { AlertRule, AlertTransition, Reading } from '@andon/shared/contracts';
import { expect, test } from 'vitest';
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

function recording(): Reading[] {
  const rows = readFileSync(recordingFile, 'utf8').trim().split('\n').slice(1);
  return rows.map((row, index) => {
    const [timestamp = '', value = ''] = row.split(',');
    return {
      type: 'reading',
      deviceId: 'machine',
      signal: 'temperature',
      value: Number(value),
      unit: 'Cel',
      quality: 'GOOD',
      sourceTime: Date.parse(`${timestamp.replace(' ', 'T')}Z`),
      gatewayTime: 1_700_000_000_000 + index,
      clockState: 'SYNCHRONIZED',
      historical: true,
    };
  });
}

describeRequiring('the recording of a machine that failed', { 'the recording': hasRecording }, () => {
  test('holds 30 alerts on the high side, 2 of them HIHI, and 3 on the low side, 1 of them LOLO', () => {
    const compiled = compileRule(rule);
    const readings = recording();
    expect(readings).toHaveLength(22_695);
    let state: RuleState = idleState;
    let ids = 0;
    const occurrences = new Map<string, AlertTransition[]>();
    for (const reading of readings) {
      const step = evaluateReading(compiled, state, reading, () => `occurrence-${++ids}`);
      if (step === undefined) continue;
      state = step.state;
      for (const transition of step.transitions) {
        expect(transition.sourceTime).toBe(reading.sourceTime);
        expect(transition.value).toBe(reading.value);
        occurrences.set(transition.alertId, [...(occurrences.get(transition.alertId) ?? []), transition]);
      }
    }
    const reached = [...occurrences.values()].map((steps) => new Set(steps.map((step) => step.state)));
    const high = reached.filter((states) => states.has('HI') || states.has('HIHI'));
    const low = reached.filter((states) => states.has('LO') || states.has('LOLO'));
    expect({
      occurrences: occurrences.size,
      high: high.length,
      hihi: high.filter((states) => states.has('HIHI')).length,
      low: low.length,
      lolo: low.filter((states) => states.has('LOLO')).length,
    }).toEqual({ occurrences: 33, high: 30, hihi: 2, low: 3, lolo: 1 });
    expect(state).toBe(idleState);
  });
});
