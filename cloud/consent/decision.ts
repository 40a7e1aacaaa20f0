export const channels = ['sms', 'email'] as const;
export type Channel = (typeof channels)[number];

/** Why somebody is written to: what they are owed to know, or what we would like them to buy. */
export const purposes = ['transactional', 'commercial'] as const;
export type Purpose = (typeof purposes)[number];

export type ConsentState = 'opted-in' | 'opted-out';

/** What one contact point said about a purpose, or about one topic of it (`topic` '' is the whole purpose). */
export interface ConsentRecord {
  readonly purpose: Purpose;
  readonly topic: string;
  readonly state: ConsentState;
}

export interface ConsentDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/**
 * May this contact point be written to? An opt-out of the whole purpose outweighs everything; then the topic's
 * own word counts, then the purpose's, then the default: what is transactional is allowed, what is commercial
 * needs an opt-in.
 */
export function decideConsent(
  wish: { purpose: Purpose; topic: string | null },
  records: readonly ConsentRecord[],
): ConsentDecision {
  const ofPurpose = records.filter((record) => record.purpose === wish.purpose);
  const whole = ofPurpose.find((record) => record.topic === '');
  const topic = wish.topic ? ofPurpose.find((record) => record.topic === wish.topic) : undefined;
  if (whole?.state === 'opted-out') {
    return { allowed: false, reason: `The contact point opted out of ${wish.purpose} messages.` };
  }
  if (topic !== undefined) {
    return topic.state === 'opted-in'
      ? { allowed: true, reason: `The contact point opted in to the topic ${topic.topic}.` }
      : { allowed: false, reason: `The contact point opted out of the topic ${topic.topic}.` };
  }
  if (whole?.state === 'opted-in') {
    return { allowed: true, reason: `The contact point opted in to ${wish.purpose} messages.` };
  }
  return wish.purpose === 'transactional'
    ? { allowed: true, reason: 'Transactional messages are allowed until somebody opts out.' }
    : { allowed: false, reason: 'Commercial messages need an opt-in, and there is none.' };
}
