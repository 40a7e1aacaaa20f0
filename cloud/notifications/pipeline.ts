import {
  type Channel,
  type ConsentRecord,
  decideConsent,
  normaliseContactPoint,
  type Purpose,
} from '../consent/index.ts';

/** All that the stages may look at; gathered before, so that the stages touch nothing. */
export interface SendingFacts {
  readonly channel: Channel;
  readonly purpose: Purpose;
  readonly topic: string | null;
  /** Is it known whom it is for? */
  readonly contactKnown: boolean;
  readonly recipient: string | null;
  readonly consents: readonly ConsentRecord[];
  /** The same words to the same contact point, on their way or sent within the last minutes. */
  readonly twinId: string | null;
}

/** Why a message must not go out; undefined lets it pass on to the next stage. */
type Stage = (facts: SendingFacts) => string | undefined;

const channelNames: Readonly<Record<Channel, string>> = { sms: 'phone number', email: 'email address' };

const contactKnown: Stage = (facts) =>
  facts.contactKnown ? undefined : 'There is nobody to tell: no contact is known for it.';

const contactPointPresent: Stage = ({ recipient, channel }) =>
  recipient === null ? `The contact has no ${channelNames[channel]}.` : undefined;

const contactPointValid: Stage = ({ recipient, channel }) =>
  recipient !== null && normaliseContactPoint(channel, recipient) === undefined
    ? `${recipient} cannot exist as ${channel === 'sms' ? 'a' : 'an'} ${channelNames[channel]}.`
    : undefined;

const consentGiven: Stage = (facts) => {
  const decision = decideConsent(facts, facts.consents);
  return decision.allowed ? undefined : decision.reason;
};

const notADuplicate: Stage = ({ twinId }) =>
  twinId === null ? undefined : `The same words went to the same contact point just before (${twinId}).`;

const stages: readonly Stage[] = [
  contactKnown,
  contactPointPresent,
  contactPointValid,
  consentGiven,
  notADuplicate,
];

/** The first reason against sending, or undefined: it may go out. */
export function reasonToBlock(facts: SendingFacts): string | undefined {
  for (const stage of stages) {
    const reason = stage(facts);
    if (reason !== undefined) {
      return reason;
    }
  }
  return undefined;
}
