/** What the status of an answer means (SMPP 3.4, 5.1.3), and whether trying again later can help. */
interface StatusMeaning {
  readonly words: string;
  readonly temporary: boolean;
}

const permanent = (words: string): StatusMeaning => ({ words, temporary: false });
const temporary = (words: string): StatusMeaning => ({ words, temporary: true });

const statusMeanings: ReadonlyMap<number, StatusMeaning> = new Map([
  [0x01, permanent('the message is too long')],
  [0x04, temporary('the connection is not signed in')],
  [0x08, temporary('it has a fault of its own')],
  [0x0a, permanent('the sender is not allowed')],
  [0x0b, permanent('the number does not exist or cannot be reached from there')],
  [0x0d, temporary('the sign-in failed')],
  [0x0e, temporary('the password is wrong')],
  [0x0f, temporary('the system id is not known')],
  [0x14, temporary('its queue is full')],
  [0x33, permanent('there are no destinations')],
  [0x42, permanent('the message class is not allowed')],
  [0x43, permanent('receipts are not allowed')],
  [0x45, temporary('it could not take the message')],
  [0x48, permanent("the sender's type of number is not allowed")],
  [0x49, permanent("the sender's numbering plan is not allowed")],
  [0x50, permanent("the number's type is not allowed")],
  [0x51, permanent("the number's numbering plan is not allowed")],
  [0x58, temporary('we send faster than it allows')],
  [0x61, permanent('the time for sending is not valid')],
  [0x62, permanent('the validity is not valid')],
  [0x64, temporary('it cannot take the message at the moment')],
  [0x65, permanent('it refuses the message for good')],
  [0x66, temporary('it cannot take the message at the moment')],
  [0xc0, permanent('it does not know an option that we sent')],
]);

/** In plain words, with the number for those who must ask the operator. */
export function meaningOfStatus(status: number): StatusMeaning {
  const code = `status 0x${status.toString(16).toUpperCase().padStart(2, '0')}`;
  const known = statusMeanings.get(status);
  return known === undefined
    ? permanent(`The SMS centre refused the message (${code}).`)
    : { words: `The SMS centre refused the message: ${known.words} (${code}).`, temporary: known.temporary };
}

/** The final states of a message (SMPP 3.4, 5.2.28 and appendix B). */
const receiptMeanings: Readonly<
  Record<string, { outcome: 'delivered' | 'undelivered' | 'pending'; words: string }>
> = {
  DELIVRD: { outcome: 'delivered', words: 'The phone received it.' },
  EXPIRED: { outcome: 'undelivered', words: 'The phone could not be reached until the message expired' },
  DELETED: { outcome: 'undelivered', words: 'The SMS centre deleted it' },
  UNDELIV: { outcome: 'undelivered', words: 'The number cannot be reached' },
  REJECTD: { outcome: 'undelivered', words: 'The SMS centre or the network rejected it' },
  ACCEPTD: { outcome: 'pending', words: 'The SMS centre took it over' },
  ENROUTE: { outcome: 'pending', words: 'It is on its way' },
  UNKNOWN: { outcome: 'pending', words: 'The SMS centre does not know what became of it' },
};

const stateNames = [
  '',
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
];

/** The name of a `message_state` TLV. */
export function stateName(state: number): string {
  return stateNames[state] || 'UNKNOWN';
}

/** What a receipt says, in plain words. `errorCode` is the network's; 000 means none. */
export function meaningOfReceipt(
  state: string,
  errorCode: string | undefined,
): { outcome: 'delivered' | 'undelivered' | 'pending'; reason: string } {
  const meaning = receiptMeanings[state.toUpperCase()];
  const code = errorCode === undefined || /^0*$/.test(errorCode) ? '' : `, error code ${errorCode}`;
  if (meaning === undefined) {
    return { outcome: 'pending', reason: `The SMS centre says ${state}${code}.` };
  }
  return meaning.outcome === 'undelivered'
    ? { outcome: meaning.outcome, reason: `${meaning.words} (${state.toUpperCase()}${code}).` }
    : { outcome: meaning.outcome, reason: meaning.words };
}
