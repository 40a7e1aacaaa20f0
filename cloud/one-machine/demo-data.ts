import type { AlertRule, SignalDefinition } from '@andon/shared/contracts';

/** A rule as a category holds it; its version is counted by the cloud. */
type CategoryRule = Omit<AlertRule, 'version'>;

interface DemoCategory {
  readonly id: string;
  readonly name: string;
  readonly signals: readonly SignalDefinition[];
  readonly rules: readonly CategoryRule[];
  readonly commands: readonly object[];
  readonly escalationPolicy: object;
}

interface DemoDevice {
  readonly deviceId: string;
  readonly categoryId: string;
  readonly name: string;
  readonly assetNumber: string;
  readonly product: string;
  readonly serialNumber: string;
}

const reboot = {
  name: 'reboot',
  title: 'Reboot',
  destructive: true,
  idempotency: 'idempotent',
  parameters: [],
} as const;

/**
 * One reboot is tried for an error code over 10. It has helped when the alert clears within the time and stays clear;
 * else a case opens. The times are short, so that the story fits in a minute.
 */
const escalationPolicy = {
  errorCodeAbove: 10,
  remedy: { command: 'reboot', times: 1, expiresInSeconds: 60 },
  verify: { clearForSeconds: 4, withinSeconds: 12 },
  onUnremedied: 'case',
} as const;

const errorCodeSignal: SignalDefinition = { name: 'errorCode', minimum: 0, maximum: 65_535 };

/** Nothing heard for a while; without an error code, so that it alerts and does not escalate. */
function silence(signal: string): CategoryRule {
  return { name: 'silent', signal, stale: { afterMilliseconds: 20_000, severity: 'MINOR' } };
}

export const demoCategories: readonly DemoCategory[] = [
  {
    id: 'hydraulic-press',
    name: 'Hydraulic press',
    signals: [
      { name: 'temperature', unit: 'Cel', minimum: -40, maximum: 250 },
      { name: 'pressure', unit: 'bar', minimum: 0, maximum: 400 },
      { name: 'vibration', unit: 'mm/s', minimum: 0, maximum: 100 },
      errorCodeSignal,
      { name: 'cycles', unit: '1', minimum: 0 },
    ],
    rules: [
      {
        name: 'oil-temperature',
        signal: 'temperature',
        limits: {
          hihi: {
            setpoint: 125,
            deadband: 4,
            offDelayMilliseconds: 1000,
            severity: 'CRITICAL',
            errorCode: 21,
          },
          hi: { setpoint: 100, deadband: 4, offDelayMilliseconds: 1000, severity: 'MAJOR', errorCode: 21 },
        },
      },
      silence('cycles'),
    ],
    commands: [reboot],
    escalationPolicy,
  },
  {
    id: 'centrifugal-pump',
    name: 'Centrifugal pump',
    signals: [
      { name: 'flow', unit: 'm3/h', minimum: 0, maximum: 200 },
      { name: 'pressure', unit: 'bar', minimum: 0, maximum: 25 },
      { name: 'vibration', unit: 'mm/s', minimum: 0, maximum: 100 },
      { name: 'bearingTemperature', unit: 'Cel', minimum: -40, maximum: 250 },
      errorCodeSignal,
      { name: 'operatingTime', unit: 's', minimum: 0 },
      { name: 'warningLamp', type: 'boolean' },
    ],
    rules: [
      {
        name: 'error-code',
        signal: 'errorCode',
        // Longer than the pump needs from its boot to its diagnosis, so that a reboot does not look like a cure.
        errorCodes: { severity: 'CRITICAL', offDelayMilliseconds: 5000 },
        onAlert: { type: 'write', point: 'warningLamp', value: true },
        onClear: { type: 'write', point: 'warningLamp', value: false },
      },
      silence('operatingTime'),
    ],
    commands: [reboot],
    escalationPolicy,
  },
  {
    id: 'baking-oven',
    name: 'Baking oven',
    signals: [
      { name: 'temperature', unit: 'Cel', minimum: -40, maximum: 400 },
      { name: 'humidity', unit: '%', minimum: 0, maximum: 100 },
      { name: 'door', unit: '1', minimum: 0, maximum: 1 },
      errorCodeSignal,
    ],
    rules: [
      {
        name: 'chamber-temperature',
        signal: 'temperature',
        limits: {
          hihi: {
            setpoint: 230,
            deadband: 3,
            offDelayMilliseconds: 2000,
            severity: 'CRITICAL',
            errorCode: 31,
          },
          hi: { setpoint: 200, deadband: 3, offDelayMilliseconds: 2000, severity: 'MAJOR', errorCode: 31 },
        },
      },
      silence('humidity'),
    ],
    commands: [reboot],
    escalationPolicy,
  },
];

export const demoAccount = { name: 'Ridgeway Foods' } as const;

export const demoSite = {
  name: 'Ridgeway plant',
  latitude: 43.0389,
  longitude: -87.9065,
  timeZone: 'America/Chicago',
} as const;

export const demoContact = {
  fullName: 'Maria Keller',
  phone: '+12025550143',
  email: 'maria.keller@ridgeway-foods.example',
  language: 'en',
  primary: true,
} as const;

export const demoDevices: readonly DemoDevice[] = [
  {
    deviceId: 'press-1',
    categoryId: 'hydraulic-press',
    name: 'Tray press 1',
    assetNumber: 'RF-0101',
    product: 'HP-250',
    serialNumber: 'HP250-20417',
  },
  {
    deviceId: 'pump-1',
    categoryId: 'centrifugal-pump',
    name: 'Cooling water pump 1',
    assetNumber: 'RF-0102',
    product: 'CP-42',
    serialNumber: 'CP42-11893',
  },
  {
    deviceId: 'oven-1',
    categoryId: 'baking-oven',
    name: 'Baking oven 1',
    assetNumber: 'RF-0103',
    product: 'BO-180',
    serialNumber: 'BO180-00736',
  },
];
