import { unitSymbol } from '@andon/shared/kernel/units';
import { type AlertRule, type Limit, type LimitName, type Limits, limitNames } from '../api/alert-rule.ts';
import { deadbandByItself, isCondition, isTyped, kindsOf, type RuleKind } from './rule-draft.ts';
import { modifierSentences } from './rule-sentence-more.ts';
import { durationText, numberText, orDots, type Speech } from './rule-speech.ts';

/** What a rule will do, in plain words: a sentence for each thing that it looks at, and for each that it does. */
export function alertRuleSentence(rule: AlertRule, speech: Speech): string {
  const watched = kindsOf(rule)
    .filter((kind) => kind !== 'limits' || limitNames.some((name) => rule.limits?.[name] !== undefined))
    .map((kind) => sentenceOf(kind, rule, speech));
  return watched.length === 0 ? '' : [...watched, ...modifierSentences(rule, speech)].join(' ');
}

function sentenceOf(kind: RuleKind, rule: AlertRule, speech: Speech): string {
  const { t, language } = speech;
  if (!isCondition(kind)) {
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
      return `${raise(t('rules.say.badQuality', { signal }), badQuality)}${clearText(badQuality, speech)}`;
    case 'errorCodes':
      return [
        `${raise(t('rules.say.errorCodes', { signal }), errorCodes)}${clearText(errorCodes, speech)}`,
        ...severitiesText(errorCodes?.severities ?? {}, speech),
      ].join(' ');
    default: {
      const when = t('rules.say.expression', { formula: orDots(expression?.formula) });
      return `${raise(when, expression)}${clearText(expression, speech)}`;
    }
  }
}

function severitiesText(severities: Record<string, string>, { t }: Speech): string[] {
  const codes = Object.entries(severities).map(([code, severity]) => `${code} ${severity}`);
  return codes.length === 0 ? [] : [t('rules.more.say.severities', { codes: codes.join(', ') })];
}

/** How long what raised an alert must be over before it is cleared. */
function clearText(delays: { offDelayMilliseconds?: number } | undefined, { t, language }: Speech): string {
  const { offDelayMilliseconds = 0 } = delays ?? {};
  return offDelayMilliseconds === 0
    ? ''
    : ` ${t('rules.more.say.clear', { time: durationText(offDelayMilliseconds, language) })}`;
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
    // An emptied limit goes; one that is asked for is shown with dots.
    const isGone = !isTyped(limit) && limitNames.some((other) => isTyped(rule.limits?.[other]));
    return limit === undefined || isGone ? [] : [limitText(name, limit, rule.limits ?? {}, unit, speech)];
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

/** `at or above 100 °C for 2 seconds (MAJOR with error code 21, cleared when back by more than 4 °C)` */
function limitText(name: LimitName, limit: Limit, limits: Limits, unit: string, speech: Speech): string {
  const { t, language } = speech;
  const { setpoint, severity, errorCode, onDelayMilliseconds = 0, offDelayMilliseconds = 0 } = limit;
  const inUnit = (value: number) => `${numberText(value, language)} ${unit}`.trim();
  const forTime = (time: number) =>
    time > 0 ? t('rules.say.delay', { time: durationText(time, language) }) : '';
  const deadband = Number.isNaN(limit.deadband) ? deadbandByItself(limits) : (limit.deadband ?? 0);
  const by = deadband > 0 ? t('rules.more.say.by', { deadband: inUnit(deadband) }) : '';
  const back = `${by}${forTime(offDelayMilliseconds)}`;
  const value = Number.isNaN(setpoint) ? `… ${unit}`.trim() : inUnit(setpoint);
  const code = errorCode === undefined ? '' : t('rules.say.code', { code: errorCode });
  const cleared = back === '' ? '' : t('rules.more.say.back', { back });
  return t(name.startsWith('hi') ? 'rules.say.above' : 'rules.say.below', {
    value: `${value}${forTime(onDelayMilliseconds)}`,
    severity: `${severity}${code}${cleared}`,
  });
}

/** The unit in which the limits of a rule are written. */
export function limitUnit(kind: RuleKind, rule: AlertRule, { unit, language }: Omit<Speech, 't'>): string {
  if (kind === 'rateOfChange') {
    return `${unit}/${durationText(rule.rateOfChange?.perMilliseconds ?? 0, language, 'short')}`;
  }
  if (kind === 'calculation') return unitSymbol(rule.calculation?.unit ?? '');
  return kind === 'window' && rule.window?.aggregate === 'count' ? '' : unit;
}
