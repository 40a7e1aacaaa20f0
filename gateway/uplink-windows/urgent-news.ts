import type { AlertRule, AlertShelving, UplinkRecord } from '@andon/shared/contracts';

/** Shelvings that wait to be judged; beyond it they count as urgent, unread. */
const shelvingsMax = 100;

/**
 * News that opens the lines to the cloud out of their windows: what a CRITICAL alert did, and that a rule which can be
 * CRITICAL was shelved because it chattered. It is noted as it is appended, and holds the lines open from its commit
 * until nothing of the alerts lane waits any more.
 */
export class UrgentNews {
  #isNoted = false;
  #shelvings: AlertShelving[] = [];
  #isWaiting = false;

  /** A record is appended to the outbox. Cheap for whatever is no news. */
  note(record: UplinkRecord): void {
    if (record.type === 'alert') {
      this.#isNoted ||= record.severity === 'CRITICAL';
    } else if (record.type === 'alert-shelving' && record.shelved && record.kind === 'chatter') {
      this.#isNoted ||= this.#shelvings.length >= shelvingsMax;
      this.#shelvings.push(record);
    }
  }

  /** What was noted is on the disk. Gives whether the lines must be open for it. */
  committed(ruleOf: (deviceId: string, rule: string) => AlertRule | undefined): boolean {
    const shelvings = this.#shelvings;
    const isUrgent =
      this.#isNoted || shelvings.some(({ deviceId, rule }) => canBeCritical(ruleOf(deviceId, rule)));
    this.#isNoted = false;
    this.#shelvings = [];
    this.#isWaiting ||= isUrgent;
    return isUrgent;
  }

  /** Does some of it wait? `queued` is how many records the alerts lane holds. */
  isWaiting(queued: () => number): boolean {
    this.#isWaiting &&= queued() > 0;
    return this.#isWaiting;
  }
}

/** Some condition of the rule has that severity, wherever it stands in it. */
function canBeCritical(part: unknown): boolean {
  return (
    part === 'CRITICAL' ||
    (typeof part === 'object' && part !== null && Object.values(part).some(canBeCritical))
  );
}
