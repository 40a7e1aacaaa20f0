/**
 * Why a command, or the job that it belongs to, is where it is: the sentences that the service and its gateways give.
 * They are stored as they stand here, filled in, and the console reads them back to say them in its own language.
 * `{{cause}}` holds another reason, or the words of a device.
 */
const forms = {
  // Of the service, which had to judge by itself.
  'no-word-begun': 'no-word: the gateway began it and never said what became of it',
  'no-word-not-begun': 'no-word: its time was over and the gateway had not begun it',
  'boot-id-unknown':
    'boot-id-unknown: nobody knows the boot ids before and after, so nothing proves the reboot',
  'same-boot-id': 'same-boot-id: the device still runs with the boot id {{bootId}}',
  // Of a job.
  'canary-failed': 'canary-failed: of the first {{count}} devices, {{failed}} did not succeed',
  'too-many-failures': 'too-many-failures: {{failed}} of {{count}} did not succeed, more than {{percent}} %',
  'command-changed':
    'command-changed: the category {{category}} says something else of {{command}} than when the job was submitted',
  // Of the gateway, before a command is begun.
  'unknown-device': 'unknown-device: {{device}} is not served by this gateway',
  'expired-last-try': 'expired: not begun in time; the last try: {{cause}}',
  'expired-held': 'expired: not begun in time; {{cause}}',
  expired: 'expired: not begun in time',
  'reboot-loop': 'reboot-loop: {{count}} reboots within {{minutes}} minutes already',
  'parameters-set-point': 'parameters: a set-point needs the parameters point and value',
  'parameters-reboot': 'parameters: a reboot is a command of its own',
  'parameters-routine': 'parameters: the routine needs the parameter {{parameter}}',
  'too-many': 'too-many: {{count}} commands wait for this device already',
  'interlock-stopped': 'interlock: {{guard}} ({{seen}}); stopped before step {{step}} of {{steps}}',
  interlock: 'interlock: {{guard}} ({{seen}})',
  precondition: 'precondition: {{guard}} ({{seen}})',
  'not-known': '{{signal}} not known',
  // Of the gateway, once a command is begun.
  'interrupted-restart': 'interrupted: the gateway was restarted meanwhile, and it may be done only once',
  'interrupted-forgotten':
    'interrupted: the gateway has lost its memory since this was asked for, and it may be done only once',
  'no-answer': 'no-answer: the device has not said how it ended',
  'no-reboot': 'no-reboot: no new boot id was seen within {{milliseconds}} ms',
  'routine-too-long': 'routine-too-long: stopped before step {{step}} of {{steps}}',
  routine: 'routine: step {{step}} of {{steps}} ({{what}}): {{cause}}',
  'not-in-time': 'not in time: {{formula}} ({{seen}})',
  // Of what speaks to devices.
  'unknown-command': 'unknown-command: the device has no command or writable point {{command}}',
  'unknown-command-metric': 'unknown-command: {{device}} has no writable metric {{metric}}',
  'unknown-command-published': 'unknown-command: nothing is published for {{command}} of {{device}}',
  'not-born': 'not-born: nothing was heard of {{device}}',
  'value-of-metric': 'value: it does not fit the data type {{type}} of {{metric}}',
  'exception-function': 'exception-{{code}}: illegal function',
  'exception-address': 'exception-{{code}}: illegal address',
  'exception-value': 'exception-{{code}}: illegal value',
  'exception-other': 'exception-{{code}}: the device could not do it',
  'unconfirmed-device': 'unconfirmed: the device did not acknowledge it',
  'unconfirmed-broker': 'unconfirmed: the broker did not acknowledge it',
  'unconfirmed-answer': 'unconfirmed: it was sent, and the device gave no good answer ({{failure}})',
  unconfirmed: 'unconfirmed: {{cause}}',
  // The messages of errors, which stand as the cause of something else or behind the error's code.
  'no-connector': 'No connector speaks for the device {{device}} now.',
  'no-good-answer': 'The device {{device}} gave no good answer on its bus: {{failure}}.',
  'no-answer-in-time': 'The device {{device}} did not answer in time.',
  'line-closed': 'The line {{line}} is not open: {{failure}}.',
  'write-refused': 'The device {{device}} refused to write {{point}}: {{failure}}.',
  'not-writable': 'The device {{device}} has no writable point {{point}}.',
  'value-of-point': 'The value {{value}} does not fit the point {{point}}.',
  'value-of-frame': 'The value {{value}} cannot stand in a frame of this device.',
  'body-of-frame': 'A body of {{count}} bytes does not fit into a frame of this device.',
  'not-subscribed': 'The device {{device}} is connected but does not listen to its commands.',
  'not-connected': 'The device {{device}} is not connected.',
  'connection-ended': 'The connection of the device {{device}} ended before it acknowledged the command.',
  'not-acknowledged': 'The device {{device}} did not acknowledge the command in time.',
  'node-not-listening': 'The edge node of {{device}} does not listen to {{topic}}.',
  'broker-not-acknowledged': 'The broker did not acknowledge what was published on {{topic}}.',
} as const;

type Forms = typeof forms;
export type CommandReason = keyof Forms;
type Slots<Form extends string> = Form extends `${string}{{${infer Slot}}}${infer Rest}`
  ? Slot | Slots<Rest>
  : never;
export type CommandReasonSlot<Reason extends CommandReason = CommandReason> = Slots<Forms[Reason]>;

export const commandReasonForms: Readonly<Record<CommandReason, string>> = forms;

/** `same-boot-id: the device still runs with the boot id 7`, from the reason and what fills its slots. */
export function commandReason<Reason extends CommandReason>(
  reason: Reason,
  ...[filling]: CommandReasonSlot<Reason> extends never
    ? []
    : [filling: Readonly<Record<CommandReasonSlot<Reason>, string | number>>]
): string {
  const values = new Map<string, unknown>(Object.entries(filling ?? {}));
  return forms[reason].replace(/\{\{(\w+)\}\}/g, (_whole, slot: string) => String(values.get(slot)));
}

export interface ReadCommandReason {
  readonly reason: CommandReason;
  readonly values: Readonly<Record<string, string>>;
}

const numbers: ReadonlySet<string> = new Set([
  'count',
  'failed',
  'percent',
  'minutes',
  'milliseconds',
  'step',
  'steps',
  'code',
] satisfies CommandReasonSlot[]);
const words: ReadonlySet<string> = new Set(['signal'] satisfies CommandReasonSlot[]);

function patternOf(form: string): RegExp {
  const parts = form.split(/\{\{(\w+)\}\}/).map((part, index) => {
    if (index % 2 === 0) {
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }
    return `(?<${part}>${numbers.has(part) ? '[0-9.]+' : words.has(part) ? '\\S+' : '.+?'})`;
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}

/** The more particular ones stand first above, and are tried first. */
const patterns = Object.entries(forms).map(([reason, form]) => [reason, patternOf(form)] as const);

/** `modbus.no-answer: `, the code of an error before its message. */
const errorCode = /^[a-z]+(?:-[a-z]+)*\.[a-z-]+: /;

/** Reads a stored reason; undefined: it is somebody's own words, or those of another version. */
export function readCommandReason(stored: string): ReadCommandReason | undefined {
  const text = stored.replace(errorCode, '');
  for (const [reason, pattern] of patterns) {
    const found = pattern.exec(text);
    if (found !== null && isCommandReason(reason)) {
      return { reason, values: { ...found.groups } };
    }
  }
  return undefined;
}

function isCommandReason(word: string): word is CommandReason {
  return Object.hasOwn(forms, word);
}
