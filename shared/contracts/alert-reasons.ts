/**
 * Why an alert, the escalation of its fault or a notice about it is where it is: the token that programs and the
 * console know a reason by, and the sentence that stands beside it for whoever reads no console.
 */
const texts = {
  // Of the escalation of a fault.
  'no-policy': 'nothing is to be tried for this fault',
  'no-alert': 'nothing could tell whether a remedy helps',
  'no-remedy': 'the policy names none',
  'cleared-by-itself': 'the alert was over before anything was tried',
  'told-late': 'it is waited whether the fault is over by now',
  'over-when-heard-of': 'the alert came late and was over by then',
  'raised-again': 'the fault came back after the remedy',
  'no-result': 'nothing was heard of the remedy in time',
  'not-cleared': 'the remedy succeeded and the alert stayed',
  'ended-by-itself': 'the alert ended, but not because of the remedy',
  'cleared-unproven': 'the alert ended, and nothing that was measured says that the fault is gone',
  'stayed-clear': 'remedied by command, and the alert stayed clear',
  'by-hand': 'a person asked for it',
  'case-requested': 'a case was asked for',
  'remedy-refused': 'the remedy could not be sent',
  'command-succeeded': 'the remedy was carried out',
  'command-failed': 'the remedy failed',
  'command-timed_out': 'the remedy took too long',
  'command-expired': 'the remedy was not begun in time',
  'command-rejected': 'the remedy was refused',
  'command-cancelled': 'the remedy was cancelled',
  // Of the status of an alert.
  'remedy-begun': 'a remedy is tried',
  'remedy-sent': 'a remedy was sent',
  'remedy-in-vain': 'the remedy did not help',
  'case-open': 'a case is open',
  'work-order-open': 'a work order is open',
  'case-closed': 'its case was closed',
  'work-order-completed': 'its work order was completed',
  'work-order-cancelled': 'its work order was cancelled',
  'returned-to-normal': 'returned to normal',
  superseded: 'the same rule was raised again, and the clear in between was lost',
  // Of a notice of which nobody was told.
  'alert-gone': 'The alert is gone.',
  'part-of-incident': 'It is part of an incident, which is told once.',
  'over-before-told': 'It was over before anybody was told.',
  'alert-held': 'It is held.',
  'seen-already': 'Somebody has seen it already.',
  'primary-told': 'Its primary alert was told.',
  'incident-closed-before-told': 'The incident was closed before anybody was told.',
  'told-in-vain': 'It could not be told, however often it was tried; the log of the cloud says why.',
  'nothing-sent': 'Nothing was sent.',
} as const;

export type AlertReason = keyof typeof texts;
export const alertReasonTexts: Readonly<Record<AlertReason, string>> = texts;

/** `no-policy: nothing is to be tried for this fault`. `said`: what a device or a program adds, instead. */
export function alertReason(token: AlertReason, said?: string): string {
  return `${token}: ${said ?? alertReasonTexts[token]}`;
}

export interface ReadAlertReason {
  readonly token: AlertReason;
  /** What stands beside the token, where that is not its own sentence. */
  readonly said: string | null;
}

/** What was written before reasons had tokens everywhere, and says more than a sentence. */
const formerly: readonly (readonly [RegExp, AlertReason])[] = [
  [/^remedy ([a-z0-9-]+)$/, 'remedy-begun'],
  [/^It is held: (.+)\.$/, 'alert-held'],
  [/^It could not be told in \d+ attempts/, 'told-in-vain'],
  [/^([a-z-]+\.[a-z-]+: .+)$/s, 'remedy-refused'],
];

/** Reads a stored reason, also one of a former version; undefined: it is somebody's own words. */
export function readAlertReason(stored: string): ReadAlertReason | undefined {
  const [head = '', tail] = splitOnce(stored);
  if (isAlertReason(head)) {
    return { token: head, said: tail === undefined || isOwnText(head, tail) ? null : tail };
  }
  const token = Object.keys(texts).find((one) => isAlertReason(one) && alertReasonTexts[one] === stored);
  if (token !== undefined && isAlertReason(token)) {
    return { token, said: null };
  }
  for (const [pattern, was] of formerly) {
    const found = pattern.exec(stored);
    if (found !== null) {
      return { token: was, said: found[1] ?? null };
    }
  }
  return stored === 'requested' ? { token: 'case-requested', said: null } : undefined;
}

function splitOnce(stored: string): [string, string?] {
  const at = stored.indexOf(': ');
  return at === -1 ? [stored] : [stored.slice(0, at), stored.slice(at + 2)];
}

function isAlertReason(word: string): word is AlertReason {
  return Object.hasOwn(texts, word);
}

/** The second is of a former version. */
function isOwnText(token: AlertReason, tail: string): boolean {
  return tail === alertReasonTexts[token] || tail === 'the alert was over before the remedy was begun';
}
