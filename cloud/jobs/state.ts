/** The life of a job; the last three are final. */
export const jobStates = [
  'draft',
  'awaiting-approval',
  'running',
  'paused',
  'completed',
  'stopped',
  'cancelled',
] as const;
export type JobState = (typeof jobStates)[number];

/** What people do with a job; it completes and stops by itself. */
export const jobSteps = ['submit', 'approve', 'send-back', 'pause', 'resume', 'cancel'] as const;
export type JobStep = (typeof jobSteps)[number];

const table: Readonly<Record<JobState, Partial<Record<JobStep, JobState>>>> = {
  // Nobody has to approve what destroys nothing.
  draft: { submit: 'running', cancel: 'cancelled' },
  'awaiting-approval': { approve: 'running', 'send-back': 'draft', cancel: 'cancelled' },
  running: { pause: 'paused', cancel: 'cancelled' },
  paused: { resume: 'running', cancel: 'cancelled' },
  completed: {},
  stopped: {},
  cancelled: {},
};

/** Where a step leads; undefined where it is not possible now. */
export function afterStep(state: JobState, step: JobStep, isDestructive: boolean): JobState | undefined {
  const next = table[state][step];
  return step === 'submit' && next !== undefined && isDestructive ? 'awaiting-approval' : next;
}

export function possibleSteps(state: JobState): JobStep[] {
  return jobSteps.filter((step) => table[state][step] !== undefined);
}
