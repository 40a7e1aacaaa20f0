import { type AlertRule, type LimitName, limitNames } from '../api/alert-rule.ts';
import {
  conditionsOf,
  finishedLimits,
  isTyped,
  ruleOfRow,
  untyped,
  withSetpoint as withSetpointOf,
} from './rule-draft.ts';
import { withNumber } from './with-number.ts';

/** A row of the table of signals. */
export interface SignalDraft {
  /** Stays with the row while it is edited. */
  key: number;
  /** The signal that the row was made of; undefined for a new one. */
  of?: string;
  name: string;
  unit: string;
  /** The rule that the row's limits are part of; without a name, and with nothing in it, where it has none. */
  rule: AlertRule;
  /** Of limits that are still to be typed. */
  errorCode: number | '';
}

const noRule: AlertRule = { name: '', signal: '' };

export const emptySignal = (key: number): SignalDraft => ({
  key,
  name: '',
  unit: '',
  rule: noRule,
  errorCode: 11,
});

export function signalDraft(
  { name, unit = '' }: { name: string; unit?: string },
  key: number,
  rules: readonly AlertRule[],
): SignalDraft {
  const rule = ruleOfRow(rules, name) ?? noRule;
  const [limit] = limitsOf(rule);
  return { key, of: name, name, unit, rule, errorCode: limit?.errorCode ?? '' };
}

const limitsOf = ({ limits = {} }: AlertRule) => limitNames.map((name) => limits[name]).filter(isTyped);

export function setpointOf({ rule }: SignalDraft, name: LimitName): number | '' {
  const limit = rule.limits?.[name];
  return isTyped(limit) ? limit.setpoint : '';
}

/** What a limit is given that is typed in a row; a deadband that nobody typed is computed when it is saved. */
export const freshLimit = ({ errorCode }: SignalDraft) => ({
  deadband: untyped,
  ...(errorCode === '' ? {} : { errorCode }),
});

export function withSetpoint(row: SignalDraft, name: LimitName, value: number | ''): SignalDraft {
  return { ...row, rule: withSetpointOf(row.rule, name, value, freshLimit(row)) };
}

/** The code of all limits of a row; undefined where they have several. */
export function errorCodeOf(row: SignalDraft): number | '' | undefined {
  const codes = new Set(limitsOf(row.rule).map(({ errorCode }) => errorCode ?? ''));
  return codes.size > 1 ? undefined : ([...codes][0] ?? row.errorCode);
}

export function withErrorCode(row: SignalDraft, errorCode: number | ''): SignalDraft {
  const { limits } = row.rule;
  if (limits === undefined) return { ...row, errorCode };
  const coded = Object.entries(limits).map(([name, limit]) => [
    name,
    withNumber(limit, 'errorCode', errorCode),
  ]);
  return { ...row, errorCode, rule: { ...row.rule, limits: Object.fromEntries(coded) } };
}

/** The rule of a row as it is saved; undefined where it has no limits and says nothing else. */
export function ruleOfSignal({ name, rule }: SignalDraft): AlertRule | undefined {
  const { limits: drafted = {}, ...others } = rule;
  const limits = finishedLimits(drafted);
  const finished = { ...others, signal: name.trim() };
  if (Object.keys(limits).length > 0) return { ...finished, limits };
  return conditionsOf(rule).length > 0 ? finished : undefined;
}
