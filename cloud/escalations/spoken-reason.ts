import { type AlertReason, alertReasonTexts } from '@andon/shared/contracts';

/** What became of a remedy, where its command's state says it. */
const ends: readonly AlertReason[] = [
  'command-failed',
  'command-timed_out',
  'command-expired',
  'command-rejected',
  'command-cancelled',
];

/** `no-boot: `, `commands.queue-full: `: what programs know a reason by. */
const tokens = /^[a-z0-9]+(?:[-._][a-z0-9]+)+(?:: |$)/;

/** A reason as people read it: a sentence, without the words that it is known by to programs. */
export function spokenReason(reason: string): string {
  const parts: string[] = [];
  let rest = reason;
  for (let found = tokens.exec(rest); found !== null; found = tokens.exec(rest)) {
    const token = found[0].replace(': ', '');
    const end = ends.find((one) => one === token);
    parts.push(...(end === undefined ? [] : [alertReasonTexts[end]]));
    rest = rest.slice(found[0].length);
  }
  // Where nothing more was said, the end says it once.
  const sentence = [...new Set([...parts, rest])].filter((part) => part !== '').join(': ') || reason;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.?$/, '.')}`;
}
