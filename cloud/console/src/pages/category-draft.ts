import type {
  AlertRule,
  CategoryEdit,
  CommandDefinition,
  DeviceCategory,
  Limits,
  NewCategory,
} from '../api/types.ts';
import { hasLimitsOfTheValue } from '../components/rules.ts';

export interface SignalDraft {
  /** Stays with the row while it is edited. */
  key: number;
  /** The signal that the row was made of; undefined for a new one. */
  of?: string;
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
  commands: CommandDefinition[];
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

function limitsOf(signal: SignalDraft): Limits {
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

/** The rule of a signal that a row of the form stands for: the first that has limits of its value. */
function ruleOf(category: DeviceCategory, signal: string): AlertRule | undefined {
  return category.rules.find((rule) => rule.signal === signal && hasLimitsOfTheValue(rule));
}

function codeOf(rule: AlertRule | undefined): number | '' {
  return Object.values(rule?.limits ?? {})[0]?.errorCode ?? '';
}

/** A category as the form shows it. What the form has no place for stays in the category. */
export function toDraft(category: DeviceCategory): CategoryDraft {
  return {
    name: category.name,
    escalate: category.escalationPolicy !== null,
    commands: category.commands,
    signals: category.signals.map((signal, key) => {
      const rule = ruleOf(category, signal.name);
      const setpoint = (name: LimitName) => rule?.limits?.[name]?.setpoint ?? '';
      return {
        key,
        of: signal.name,
        name: signal.name,
        unit: signal.unit ?? '',
        hihi: setpoint('hihi'),
        hi: setpoint('hi'),
        lo: setpoint('lo'),
        lolo: setpoint('lolo'),
        errorCode: codeOf(rule),
      };
    }),
  };
}

/** The category with what was edited in the form; delays, severities and other rules stay as they were. */
export function withDraft(category: DeviceCategory, draft: CategoryDraft): CategoryEdit {
  const rows = draft.signals.filter((row) => row.name.trim() !== '');
  const edited = rows.map((row) => ({
    row,
    rule: row.of === undefined ? undefined : ruleOf(category, row.of),
  }));
  const kept = new Set(rows.map((row) => row.of));
  const others = category.rules.filter(
    (rule) =>
      !edited.some((one) => one.rule === rule) && (kept.has(rule.signal) || !hasLimitsOfTheValue(rule)),
  );
  return {
    name: draft.name.trim(),
    signals: rows.map((row) => {
      const { unit: _unit, ...signal } = category.signals.find(({ name }) => name === row.of) ?? { name: '' };
      const unit = row.unit.trim();
      return { ...signal, name: row.name.trim(), ...(unit === '' ? {} : { unit }) };
    }),
    rules: [...edited.flatMap(({ row, rule }) => editedRule(row, rule)), ...others],
    commands: draft.commands,
    escalationPolicy: category.escalationPolicy,
  };
}

function editedRule(row: SignalDraft, rule: AlertRule | undefined): AlertRule[] {
  const isNewCode = row.errorCode !== codeOf(rule);
  const limits = limitsOf(row);
  for (const name of limitNames) {
    const [fresh, before] = [limits[name], rule?.limits?.[name]];
    if (fresh !== undefined && before !== undefined) {
      const { errorCode, ...rest } = { ...before, setpoint: fresh.setpoint };
      const code = isNewCode ? fresh.errorCode : errorCode;
      limits[name] = { ...rest, ...(code === undefined ? {} : { errorCode: code }) };
    }
  }
  if (Object.keys(limits).length === 0) {
    return [];
  }
  const signal = row.name.trim();
  return [rule === undefined ? { name: slugOf(signal), signal, limits } : { ...rule, signal, limits }];
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
          rules: [
            {
              when: { errorCodes: [{ from: 11 }] },
              remedies: [{ command: 'reboot', times: 1, expiresInSeconds: 300 }],
              verify: { clearForSeconds: 10, withinSeconds: 120 },
              otherwise: 'case',
            },
          ],
        }
      : null,
  };
}
