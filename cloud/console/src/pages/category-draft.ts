import type { AlertRule } from '../api/alert-rule.ts';
import type { CategoryEdit, CommandDefinition, DeviceCategory, NewCategory } from '../api/types.ts';
import { finishedLimits, namedRules, type RuleDraft, ruleDrafts, slugOf } from './rule-draft.ts';
import { ruleOfSignal, type SignalDraft, signalDraft } from './signal-draft.ts';

export interface CategoryDraft {
  name: string;
  signals: SignalDraft[];
  /** The rules beside those of the rows of signals. */
  rules: RuleDraft[];
  commands: CommandDefinition[];
  /** Try a reboot for error codes above 10, then open a case. */
  escalate: boolean;
}

/** A category as the form shows it. */
export function toDraft(category: DeviceCategory): CategoryDraft {
  return {
    name: category.name,
    escalate: category.escalationPolicy !== null,
    commands: category.commands,
    rules: ruleDrafts(
      category.rules,
      category.signals.map(({ name }) => name),
    ),
    signals: category.signals.map((signal, key) => signalDraft(signal, key, category.rules)),
  };
}

const namedRows = (draft: CategoryDraft): SignalDraft[] =>
  draft.signals.filter((row) => row.name.trim() !== '');

/** The category with what was edited in the form. */
export function withDraft(category: DeviceCategory, draft: CategoryDraft): CategoryEdit {
  return {
    name: draft.name.trim(),
    signals: namedRows(draft).map((row) => {
      const { unit: _unit, ...signal } = category.signals.find(({ name }) => name === row.of) ?? { name: '' };
      const unit = row.unit.trim();
      return { ...signal, name: row.name.trim(), ...(unit === '' ? {} : { unit }) };
    }),
    rules: finishedRules(draft).map(({ rule }) => rule),
    commands: draft.commands,
    escalationPolicy: category.escalationPolicy,
  };
}

/** A rule as it is saved, with the key of the row or of the card that it stands in. */
export interface FinishedRule {
  readonly row?: number;
  readonly card?: number;
  readonly rule: AlertRule;
}

/** Rules of rows first, those of a row that is gone left out, signals by their new names. */
export function finishedRules(draft: CategoryDraft): FinishedRule[] {
  const rows = namedRows(draft).flatMap((row) => {
    const rule = ruleOfSignal(row);
    return rule === undefined ? [] : [{ row: row.key, rule }];
  });
  const newNames = new Map(namedRows(draft).map((row) => [row.of, row.name.trim()]));
  const cards = draft.rules.map(({ key, rule }) => ({ card: key, rule: renamed(rule, newNames) }));
  const all: FinishedRule[] = [...rows, ...cards];
  const named = namedRules(
    all.map(({ rule }) => rule),
    rows.length,
  );
  return all.map((one, index) => ({ ...one, rule: named[index] ?? one.rule }));
}

function renamed(rule: AlertRule, newNames: ReadonlyMap<string | undefined, string>): AlertRule {
  const now = (name: string) => newNames.get(name) ?? name;
  return {
    ...rule,
    signal: now(rule.signal),
    ...(rule.deviation === undefined ? {} : { deviation: { from: now(rule.deviation.from) } }),
    ...(rule.limits === undefined ? {} : { limits: finishedLimits(rule.limits) }),
  };
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
    rules: finishedRules(draft).map(({ rule }) => rule),
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
