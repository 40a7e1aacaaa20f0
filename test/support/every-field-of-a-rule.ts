import type { AlertRule, LocalAction } from '@andon/shared/contracts';

const publish: LocalAction = { type: 'publish', topic: 'hall/lamp', payload: '{"on":true}', retain: true };
const write: LocalAction = { type: 'write', deviceId: 'beacon', point: 'lamp', value: 2.5 };
const limit = (setpoint: number, errorCode: number) => ({
  setpoint,
  deadband: 1.5,
  onDelayMilliseconds: 2000,
  offDelayMilliseconds: 1500,
  severity: 'WARNING' as const,
  errorCode,
});
const limits = { hihi: limit(120, 24), hi: limit(100, 23), lo: limit(10, 22), lolo: limit(5, 21) };
const consequence = {
  severity: 'INDETERMINATE' as const,
  errorCode: 31,
  onDelayMilliseconds: 3000,
  offDelayMilliseconds: 4000,
};
const modifiers = {
  schedule: {
    timeZone: 'Europe/Berlin',
    periods: [
      { days: ['MON' as const, 'TUE' as const], from: '22:00', to: '06:00' },
      { days: ['SUN' as const], from: '00:00', to: '24:00' },
    ],
  },
  latched: true,
  inhibitWhen: { formula: 'speed < 1', rule: 'quiet' },
  chatter: { enabled: true, activations: 5, withinMilliseconds: 30_000, shelveMilliseconds: 120_000 },
};

/** Rules that together have every field of the contract, over temperature, code, torque and speed. */
export const everyFieldOfARule: AlertRule[] = [
  {
    name: 'all-limits',
    version: 1,
    signal: 'temperature',
    limits,
    ...modifiers,
    onAlert: write,
    onClear: publish,
  },
  {
    name: 'rate',
    version: 1,
    signal: 'temperature',
    rateOfChange: { perMilliseconds: 60_000, windowMilliseconds: 300_000 },
    limits: { hi: limit(2, 18) },
    onAlert: publish,
    onClear: write,
  },
  {
    name: 'apart',
    version: 1,
    signal: 'torque',
    deviation: { from: 'speed' },
    limits: { lo: limit(-5, 19) },
  },
  {
    name: 'mean',
    version: 1,
    signal: 'torque',
    window: { aggregate: 'mean', milliseconds: 600_000 },
    limits: { hihi: limit(80, 20) },
    chatter: { enabled: false },
  },
  {
    name: 'power',
    version: 1,
    signal: 'torque',
    calculation: { formula: 'torque * speed / 9549', unit: 'kW' },
    limits: { hi: limit(50, 25) },
    inhibitWhen: { rule: 'quiet' },
  },
  {
    name: 'quiet',
    version: 1,
    signal: 'speed',
    stale: { afterMilliseconds: 300_000, alsoIfNeverHeard: true, severity: 'MAJOR', errorCode: 30 },
    stuck: { epsilon: 0.1, forMilliseconds: 600_000, severity: 'WARNING', errorCode: 29 },
    badQuality: consequence,
    expression: { formula: 'speed > 3 and torque < 1', ...consequence },
  },
  {
    name: 'codes',
    version: 1,
    signal: 'code',
    errorCodes: {
      severity: 'MINOR',
      severities: { 42: 'CRITICAL', 43: 'WARNING' },
      onDelayMilliseconds: 1000,
      offDelayMilliseconds: 2000,
    },
    ...modifiers,
    inhibitWhen: { formula: 'speed < 1' },
    onAlert: { type: 'write', point: 'lamp', value: 'red' },
    onClear: { type: 'write', point: 'lamp', value: null },
  },
];
