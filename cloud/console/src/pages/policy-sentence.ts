import type { EscalationRule, Remedy } from '../api/escalation-policy.ts';

type Translate = (key: string, values?: Record<string, unknown>) => string;

/** What a rule will do, in plain words: one sentence for each step, in the order in which they are taken. */
export function ruleSentence(rule: EscalationRule, t: Translate): string {
  const { remedies, verify, otherwise, priority } = rule;
  const called = t(`policy.say.${otherwise}`, {
    context: remedies.length === 0 ? 'atOnce' : 'afterwards',
  });
  return [
    t('policy.say.for', { alerts: alertsText(rule, t) }),
    ...(remedies.length === 0
      ? []
      : [
          t('policy.say.try', {
            remedies: remedies.map((remedy) => remedyText(remedy, t)).join(t('policy.say.afterwards')),
          }),
          t('policy.say.verify', {
            within: secondsText(verify?.withinSeconds ?? 300, t),
            clear: secondsText(verify?.clearForSeconds ?? 30, t),
          }),
        ]),
    called,
    ...(priority === undefined || otherwise === 'none'
      ? []
      : [t('policy.say.priority', { priority: t(`policy.priority.${priority}`) })]),
  ].join(' ');
}

function alertsText({ when }: EscalationRule, t: Translate): string {
  const or = (words: readonly string[]) => words.join(t('policy.say.or'));
  const parts = [
    when.errorCodes &&
      t('policy.say.codes', { codes: or(when.errorCodes.map((range) => codeText(range, t))) }),
    when.severities && t('policy.say.severities', { severities: or(when.severities) }),
    when.rules && t('policy.say.rules', { rules: or(when.rules) }),
    when.signals && t('policy.say.signals', { signals: or(when.signals) }),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? t('policy.say.every') : [t('policy.say.alerts'), ...parts].join(' ');
}

function codeText({ from, to }: { from: number; to?: number }, t: Translate): string {
  return to === undefined ? t('policy.say.codeFrom', { from }) : to === from ? `${from}` : `${from}–${to}`;
}

function remedyText({ command, times, waitSeconds = 0 }: Remedy, t: Translate): string {
  if (times === 1) {
    return command;
  }
  return waitSeconds === 0
    ? t('policy.say.times', { command, count: times })
    : t('policy.say.timesApart', { command, count: times, wait: secondsText(waitSeconds, t) });
}

function secondsText(seconds: number, t: Translate): string {
  const isMinutes = seconds >= 120 && seconds % 60 === 0;
  return isMinutes
    ? t('policy.say.minutes', { count: seconds / 60 })
    : t('policy.say.seconds', { count: seconds });
}
