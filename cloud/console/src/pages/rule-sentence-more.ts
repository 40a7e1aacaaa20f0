import type { AlertRule } from '../api/alert-rule.ts';
import { durationText, numberText, orDots, type Speech } from './rule-speech.ts';
import { weekdaysText } from './rule-time.ts';

/** When a rule is held back and what the gateway does by itself, in plain words; what is not said stands at its default. */
export function modifierSentences(rule: AlertRule, speech: Speech): string[] {
  const { t } = speech;
  return [
    ...(rule.latched ? [t('rules.say.latched')] : []),
    ...scheduleSentence(rule.schedule, speech),
    ...inhibitionSentence(rule.inhibitWhen, speech),
    ...chatterSentence(rule.chatter, speech),
    ...actionSentence('onAlert', rule.onAlert, speech),
    ...actionSentence('onClear', rule.onClear, speech),
  ];
}

function scheduleSentence(schedule: AlertRule['schedule'], { t, language }: Speech): string[] {
  if (schedule === undefined) return [];
  const periods = schedule.periods.map(({ days, from, to }) =>
    t('rules.more.say.period', {
      days: orDots(weekdaysText(days, language)),
      from: orDots(from),
      to: orDots(to),
    }),
  );
  return [t('rules.more.say.schedule', { periods: periods.join('; '), timeZone: schedule.timeZone })];
}

function inhibitionSentence(inhibition: AlertRule['inhibitWhen'], { t }: Speech): string[] {
  const { formula, rule } = inhibition ?? {};
  const causes = [
    ...(formula === undefined ? [] : [t('rules.say.expression', { formula })]),
    ...(rule === undefined ? [] : [t('rules.more.say.ruleOpen', { rule })]),
  ];
  return causes.length === 0
    ? []
    : [t('rules.more.say.inhibited', { causes: causes.join(t('rules.say.or')) })];
}

/** Said where it is not as for every rule: three times within a minute, for ten minutes. */
function chatterSentence(chatter: AlertRule['chatter'], { t, language }: Speech): string[] {
  if (chatter === undefined) return [];
  if (chatter.enabled === false) return [t('rules.more.say.noChatter')];
  const { activations = 3, withinMilliseconds = 60_000, shelveMilliseconds = 600_000 } = chatter;
  return [
    t('rules.more.say.chatter', {
      activations: numberText(activations, language),
      within: durationText(withinMilliseconds, language),
      time: durationText(shelveMilliseconds, language),
    }),
  ];
}

function actionSentence(
  when: 'onAlert' | 'onClear',
  action: AlertRule['onAlert'],
  { t, language }: Speech,
): string[] {
  if (action === undefined) return [];
  if (action.type === 'publish') {
    const what = t('rules.more.say.publish', { topic: orDots(action.topic) });
    return [t(`rules.more.say.${when}`, { what })];
  }
  const { point, value, deviceId } = action;
  const what = t('rules.more.say.write', { point: orDots(point), value: valueText(value, language) });
  const where = deviceId === undefined ? '' : t('rules.more.say.ofDevice', { device: deviceId });
  return [t(`rules.more.say.${when}`, { what: `${what}${where}` })];
}

function valueText(value: string | number | boolean | null, language: string): string {
  if (typeof value === 'number') return Number.isNaN(value) ? '…' : numberText(value, language);
  return typeof value === 'string' ? JSON.stringify(value) : String(value ?? '–');
}
