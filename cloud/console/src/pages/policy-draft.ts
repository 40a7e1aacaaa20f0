import type { EscalationPolicy, EscalationRule, Remedy } from '../api/escalation-policy.ts';

export const errorCodeMax = 65_535;

/** A rule as the form holds it: with a key that stays, and with texts where the form has texts. */
export interface RuleDraft extends Omit<EscalationRule, 'when' | 'remedies' | 'verify' | 'priority'> {
  key: number;
  /** `11-, 20-29, 42` */
  codes: string;
  severities: NonNullable<EscalationRule['when']['severities']>;
  rules: string[];
  signals: string[];
  remedies: RemedyDraft[];
  verify: NonNullable<EscalationRule['verify']>;
  priority?: EscalationRule['priority'] | undefined;
}
export interface RemedyDraft extends Omit<Remedy, 'parameters'> {
  key: number;
  /** JSON; empty: none. */
  parameters: string;
}

const verificationDefault = { clearForSeconds: 30, withinSeconds: 300 };

export const newRemedy = (key: number, command: string): RemedyDraft => ({
  key,
  command,
  parameters: '',
  times: 1,
  expiresInSeconds: 300,
});

export const newRule = (key: number): RuleDraft => ({
  key,
  codes: '',
  severities: [],
  rules: [],
  signals: [],
  remedies: [],
  verify: { ...verificationDefault },
  otherwise: 'case',
});

export function toRuleDrafts(policy: EscalationPolicy | null): RuleDraft[] {
  return (policy?.rules ?? []).map(({ when, remedies, verify, ...rule }, key) => ({
    ...rule,
    key,
    codes: codesText(when.errorCodes ?? []),
    severities: when.severities ?? [],
    rules: when.rules ?? [],
    signals: when.signals ?? [],
    remedies: remedies.map(({ parameters, ...remedy }, remedyKey) => ({
      ...remedy,
      key: remedyKey,
      parameters: parameters === undefined ? '' : JSON.stringify(parameters),
    })),
    verify: verify ?? { ...verificationDefault },
  }));
}

/** What the cloud is sent; null where there are no rules. */
export function toPolicy(drafts: readonly RuleDraft[]): EscalationPolicy | null {
  return drafts.length === 0 ? null : { rules: drafts.map(toRule) };
}

export function toRule(draft: RuleDraft): EscalationRule {
  const codes = codesOf(draft.codes) ?? [];
  const name = draft.name?.trim() ?? '';
  const sendsSomebody = draft.otherwise.endsWith('work-order');
  return {
    ...(name === '' ? {} : { name }),
    when: {
      ...(codes.length === 0 ? {} : { errorCodes: codes }),
      ...(draft.severities.length === 0 ? {} : { severities: draft.severities }),
      ...(draft.rules.length === 0 ? {} : { rules: draft.rules }),
      ...(draft.signals.length === 0 ? {} : { signals: draft.signals }),
    },
    remedies: draft.remedies.map(({ key: _key, parameters, ...remedy }) => ({
      ...remedy,
      ...(parameters.trim() === '' ? {} : { parameters: parametersOf(parameters) ?? {} }),
    })),
    ...(draft.remedies.length === 0 ? {} : { verify: draft.verify }),
    otherwise: draft.otherwise,
    ...(sendsSomebody && draft.incidentTypeId ? { incidentTypeId: draft.incidentTypeId } : {}),
    ...(draft.priority === undefined ? {} : { priority: draft.priority }),
  };
}

/** The object that a text of JSON is; undefined where it is none. */
export function parametersOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/** `11-, 20-29, 42` as ranges; undefined where it cannot be read. */
export function codesOf(text: string): { from: number; to?: number }[] | undefined {
  const ranges: { from: number; to?: number }[] = [];
  for (const part of text.split(/[,;\s]+/).filter((word) => word !== '')) {
    const match = /^(\d{1,5})(?:(-)(\d{1,5})?)?$/.exec(part);
    const from = Number(match?.[1]);
    const to = match?.[3] === undefined ? (match?.[2] === undefined ? from : undefined) : Number(match[3]);
    if (match === null || Math.max(from, to ?? 0) > errorCodeMax || (to !== undefined && to < from)) {
      return undefined;
    }
    ranges.push(to === undefined ? { from } : { from, to });
  }
  return ranges;
}

export function codesText(ranges: readonly { from: number; to?: number }[]): string {
  return ranges
    .map(({ from, to }) => (to === undefined ? `${from}-` : to === from ? `${from}` : `${from}-${to}`))
    .join(', ');
}
