import { unitSymbol } from '@andon/shared/kernel/units';
import { type AlertRule, limitNames } from '../api/alert-rule.ts';
import { conditionKinds, kindsOf, type RuleDraft, type RuleKind } from './rule-draft.ts';

type Translate = (key: string, values?: Record<string, unknown>) => string;

interface Speech {
  t: Translate;
  language: string;
  /** The unit of the rule's signal, as it is written. */
  unit: string;
}

/** What a rule will do, in plain words: a sentence for each thing that it looks at. */
export function alertRuleSentence(draft: Pick<RuleDraft, 'rule' | 'isOfRow'>, speech: Speech): string {
  const { rule } = draft;
  const sentences = kindsOf(draft).map((kind) => sentenceOf(kind, rule, speech));
  return [...sentences, ...(rule.latched ? [speech.t('rules.say.latched')] : [])].join(' ');
}

function sentenceOf(kind: RuleKind, rule: AlertRule, speech: Speech): string {
  const { t, language } = speech;
  const isLimit = !(conditionKinds as readonly string[]).includes(kind);
  if (isLimit) {
    return t('rules.say.raise', { when: limitsText(kind, rule, speech), how: '' });
  }
  const { stale, stuck, badQuality, errorCodes, expression } = rule;
  const { signal } = rule;
  const raise = (when: string, consequence: Consequence | undefined) =>
    t('rules.say.raise', { when, how: consequenceText(consequence, speech) });
  switch (kind) {
    case 'stale': {
      const after = durationText(stale?.afterMilliseconds ?? 0, language);
      const since = t(stale?.alsoIfNeverHeard ? 'rules.say.alsoNeverHeard' : 'rules.say.onceHeard');
      return `${raise(t('rules.say.stale', { signal, after }), stale)} ${since}`;
    }
    case 'stuck': {
      const epsilon = `${numberText(stuck?.epsilon ?? 0, language)} ${speech.unit}`.trim();
      const time = durationText(stuck?.forMilliseconds ?? 0, language);
      return raise(t('rules.say.stuck', { signal, epsilon, time }), stuck);
    }
    case 'badQuality':
      return raise(t('rules.say.badQuality', { signal }), badQuality);
    case 'errorCodes':
      return raise(t('rules.say.errorCodes', { signal }), errorCodes);
    default:
      return raise(t('rules.say.expression', { formula: orDots(expression?.formula) }), expression);
  }
}

interface Consequence {
  severity: string;
  errorCode?: number;
  onDelayMilliseconds?: number;
}

function consequenceText(consequence: Consequence | undefined, { t, language }: Speech): string {
  if (consequence === undefined) return '';
  const { severity, errorCode, onDelayMilliseconds = 0 } = consequence;
  return [
    ...(onDelayMilliseconds > 0
      ? [t('rules.say.delay', { time: durationText(onDelayMilliseconds, language) })]
      : []),
    t('rules.say.severity', { severity }),
    ...(errorCode === undefined ? [] : [t('rules.say.code', { code: errorCode })]),
  ].join('');
}

function limitsText(kind: RuleKind, rule: AlertRule, speech: Speech): string {
  const { t, language } = speech;
  const unit = limitUnit(kind, rule, speech);
  const limits = limitNames.flatMap((name) => {
    const limit = rule.limits?.[name];
    if (limit === undefined) return [];
    const value = Number.isNaN(limit.setpoint) ? '…' : numberText(limit.setpoint, language);
    return [
      t(name.startsWith('hi') ? 'rules.say.above' : 'rules.say.below', {
        value: `${value} ${unit}`.trim(),
        severity: limit.severity,
      }),
    ];
  });
  return t(`rules.say.${kind}`, {
    signal: rule.signal,
    limits: limits.join(t('rules.say.or')),
    window: durationText(rule.rateOfChange?.windowMilliseconds ?? rule.window?.milliseconds ?? 0, language),
    aggregate: t(`rules.aggregate.${rule.window?.aggregate ?? 'mean'}`),
    other: orDots(rule.deviation?.from),
    formula: orDots(rule.calculation?.formula),
  });
}

const orDots = (text: string | undefined): string => text || '…';

/** The unit in which the limits of a rule are written. */
export function limitUnit(kind: RuleKind, rule: AlertRule, { unit, language }: Omit<Speech, 't'>): string {
  if (kind === 'rateOfChange') {
    return `${unit}/${durationText(rule.rateOfChange?.perMilliseconds ?? 0, language, 'short')}`;
  }
  if (kind === 'calculation') return unitSymbol(rule.calculation?.unit ?? '');
  return kind === 'window' && rule.window?.aggregate === 'count' ? '' : unit;
}

const numberText = (value: number, language: string): string =>
  value.toLocaleString(language, { maximumFractionDigits: 6 });

const spans = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `5 minutes`: in the largest unit of which it is a whole number. */
export function durationText(
  milliseconds: number,
  language: string,
  display: 'long' | 'short' = 'long',
): string {
  if (!Number.isFinite(milliseconds)) return '…';
  const [unit, length] = spans.find(([, span]) => milliseconds > 0 && milliseconds % span === 0) ?? spans[3];
  const count = milliseconds / length;
  const format = { style: 'unit', unit, unitDisplay: display, maximumFractionDigits: 3 } as const;
  const text = new Intl.NumberFormat(language, format).format(count);
  // A rate is per minute and not per one minute.
  return display === 'short' && count === 1 ? text.replace(/^1\s?/, '') : text;
}
