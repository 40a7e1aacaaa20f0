import type { NewCategory } from '../api/types.ts';

export interface SignalDraft {
  /** Stays with the row while it is edited. */
  key: number;
  name: string;
  unit: string;
  hihi: number | '';
  hi: number | '';
  lo: number | '';
  lolo: number | '';
  errorCode: number | '';
}

export interface CategoryDraft {
  name: string;
  signals: SignalDraft[];
  /** Try a reboot for error codes above 10, then open a case. */
  escalate: boolean;
}

export const emptySignal = (key: number): SignalDraft => ({
  key,
  name: '',
  unit: '',
  hihi: '',
  hi: '',
  lo: '',
  lolo: '',
  errorCode: 11,
});

/** The outer limits are graver than the inner ones. */
const severityOfLimit = { hihi: 'CRITICAL', hi: 'MAJOR', lo: 'MAJOR', lolo: 'CRITICAL' } as const;
type LimitName = keyof typeof severityOfLimit;
const limitNames = Object.keys(severityOfLimit) as LimitName[];
/** So much of the distance between the outermost limits, so that a value at the limit does not flap. */
const deadbandShare = 0.02;

/** A name as an identifier: `Tray press` becomes `tray-press`. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}

function limitsOf(signal: SignalDraft) {
  const setpoints = limitNames.map((name) => signal[name]).filter((value) => value !== '');
  const deadband = (Math.max(...setpoints) - Math.min(...setpoints)) * deadbandShare;
  return Object.fromEntries(
    limitNames
      .filter((name) => signal[name] !== '')
      .map((name) => [
        name,
        {
          setpoint: Number(signal[name]),
          deadband,
          severity: severityOfLimit[name],
          ...(signal.errorCode === '' ? {} : { errorCode: signal.errorCode }),
        },
      ]),
  );
}

/** What the cloud is sent for a draft; empty rows are left out. */
export function toNewCategory(draft: CategoryDraft): NewCategory {
  const signals = draft.signals.filter((signal) => signal.name.trim() !== '');
  const named = signals.map((signal) => ({ ...signal, name: signal.name.trim() }));
  return {
    id: slugOf(draft.name),
    name: draft.name.trim(),
    signals: named.map(({ name, unit }) => ({ name, ...(unit.trim() === '' ? {} : { unit: unit.trim() }) })),
    rules: named
      .filter((signal) => limitNames.some((name) => signal[name] !== ''))
      .map((signal) => ({ name: slugOf(signal.name), signal: signal.name, limits: limitsOf(signal) })),
    commands: [
      { name: 'reboot', title: 'Reboot', destructive: true, idempotency: 'idempotent', parameters: [] },
    ],
    escalationPolicy: draft.escalate
      ? {
          errorCodeAbove: 10,
          remedy: { command: 'reboot', times: 1, expiresInSeconds: 300 },
          verify: { clearForSeconds: 10, withinSeconds: 120 },
          onUnremedied: 'case',
        }
      : null,
  };
}
