import type { AlertTransitionKind, ConditionState } from '@andon/shared/contracts';

/** What is wrong while an alert has this state. */
const symptoms: Readonly<Record<ConditionState, (signal: string, error: string) => string>> = {
  HIHI: (signal) => `${signal} is far too high`,
  HI: (signal) => `${signal} is too high`,
  LO: (signal) => `${signal} is too low`,
  LOLO: (signal) => `${signal} is far too low`,
  EXPRESSION: (signal) => `the condition watched at ${signal} has come about`,
  STUCK: (signal) => `${signal} does not move any more`,
  BAD_QUALITY: (signal) => `${signal} cannot be measured`,
  STALE: (signal) => `nothing is heard of ${signal}`,
  ERROR_CODE: (_signal, error) => `the device reports ${error}`,
};

/** What happened to an alert, as the people read it who take its case over. */
export function spokenTransition(told: {
  readonly transition: AlertTransitionKind;
  readonly state: ConditionState;
  readonly signal: string;
  readonly errorCode: number | null;
}): string {
  const { signal, state, errorCode } = told;
  const error = errorCode === null ? 'an error' : `error ${errorCode}`;
  const symptom = symptoms[state](signal, error);
  switch (told.transition) {
    case 'raised':
      return capitalised(errorCode === null || state === 'ERROR_CODE' ? symptom : `${symptom} (${error})`);
    case 'escalated':
      return `It got worse: ${symptom}`;
    case 'deescalated':
      return `It got better: ${symptom}`;
    case 'updated':
      return `It stands for other devices too: ${symptom}`;
    case 'cleared':
      return capitalised(spokenEnd(state, signal, error));
  }
}

function spokenEnd(state: ConditionState, signal: string, error: string): string {
  switch (state) {
    case 'ERROR_CODE':
      return `the device no longer reports ${error}`;
    case 'EXPRESSION':
      return `the condition watched at ${signal} is over`;
    case 'STUCK':
      return `${signal} moves again`;
    case 'BAD_QUALITY':
      return `${signal} can be measured again`;
    case 'STALE':
      return `${signal} is heard of again`;
    default:
      return `${signal} is back to normal`;
  }
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
