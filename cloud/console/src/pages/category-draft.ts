import {
  type AlertRule,
  type LimitName,
  type Limits,
  limitNames,
  severityOfLimit,
} from '../api/alert-rule.ts';
import type { CategoryEdit, CommandDefinition, DeviceCategory, NewCategory } from '../api/types.ts';
import { kindsOf, namedRules, type RuleDraft, ruleDrafts, ruleOfRow, slugOf } from './rule-draft.ts';

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
  /** All rules, also those whose limits stand in the rows of signals. */
  rules: RuleDraft[];
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

/** So much of the distance between the outermost limits, so that a value at the limit does not flap. */
const deadbandShare = 0.02;

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

function codeOf(rule: AlertRule | undefined): number | '' {
  return Object.values(rule?.limits ?? {})[0]?.errorCode ?? '';
}

/** A category as the form shows it. What the form has no place for stays in the category. */
export function toDraft(category: DeviceCategory): CategoryDraft {
  return {
    name: category.name,
    escalate: category.escalationPolicy !== null,
    commands: category.commands,
    rules: ruleDrafts(
      category.rules,
      category.signals.map(({ name }) => name),
    ),
    signals: category.signals.map((signal, key) => {
      const rule = ruleOfRow(category.rules, signal.name);
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

const namedRows = (draft: CategoryDraft): SignalDraft[] =>
  draft.signals.filter((row) => row.name.trim() !== '');

/** The category with what was edited in the form; delays and severities of the rows of signals stay as they were. */
export function withDraft(category: DeviceCategory, draft: CategoryDraft): CategoryEdit {
  return {
    name: draft.name.trim(),
    signals: namedRows(draft).map((row) => {
      const { unit: _unit, ...signal } = category.signals.find(({ name }) => name === row.of) ?? { name: '' };
      const unit = row.unit.trim();
      return { ...signal, name: row.name.trim(), ...(unit === '' ? {} : { unit }) };
    }),
    rules: rulesOf(draft),
    commands: draft.commands,
    escalationPolicy: category.escalationPolicy,
  };
}

/** Rules of rows first, those with the limits of a row that is gone left out, signals by their new names. */
function rulesOf(draft: CategoryDraft): AlertRule[] {
  const rows = namedRows(draft);
  const ofRows = draft.rules.filter(({ isOfRow }) => isOfRow).map(({ rule }) => rule);
  const edited = rows.map((row) => ({ row, rule: ofRows.find((rule) => rule.signal === row.of) }));
  const newNames = new Map(rows.map((row) => [row.of, row.name.trim()]));
  const others = draft.rules.filter(({ isOfRow }) => !isOfRow);
  return [
    ...edited.flatMap(({ row, rule }) => editedRule(row, rule)),
    ...namedRules(others, ofRows).map((rule) => ({
      ...rule,
      signal: newNames.get(rule.signal) ?? rule.signal,
    })),
  ];
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
  const signal = row.name.trim();
  if (Object.keys(limits).length > 0) {
    return [rule === undefined ? { name: slugOf(signal), signal, limits } : { ...rule, signal, limits }];
  }
  if (rule === undefined) return [];
  const { limits: _, ...others } = rule;
  const saysMore = kindsOf({ rule: others, isOfRow: true }).length > 0;
  return saysMore ? [{ ...others, signal }] : [];
}

/** What the cloud is sent for a draft; empty rows are left out. */
export function toNewCategory(draft: CategoryDraft): NewCategory {
  return {
    id: slugOf(draft.name),
    name: draft.name.trim(),
    signals: namedRows(draft).map(({ name, unit }) => ({
      name: name.trim(),
      ...(unit.trim() === '' ? {} : { unit: unit.trim() }),
    })),
    rules: rulesOf(draft),
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
