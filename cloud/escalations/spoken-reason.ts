/** What became of a remedy, where its command's state says it. */
const spokenEnd: Readonly<Record<string, string>> = {
  'command-failed': 'the remedy failed',
  'command-timed_out': 'the remedy took too long',
  'command-expired': 'the remedy was not begun in time',
  'command-rejected': 'the remedy was refused',
  'command-cancelled': 'the remedy was cancelled',
};

/** `no-boot: `, `commands.queue-full: `: what programs know a reason by. */
const token = /^[a-z0-9]+(?:[-._][a-z0-9]+)+(?:: |$)/;

/** A reason as people read it: a sentence, without the words that it is known by to programs. */
export function spokenReason(reason: string): string {
  const parts: string[] = [];
  let rest = reason;
  for (let found = token.exec(rest); found !== null; found = token.exec(rest)) {
    const end = spokenEnd[found[0].replace(': ', '')];
    parts.push(...(end === undefined ? [] : [end]));
    rest = rest.slice(found[0].length);
  }
  const sentence = [...parts, rest].filter((part) => part !== '').join(': ') || reason;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.?$/, '.')}`;
}
