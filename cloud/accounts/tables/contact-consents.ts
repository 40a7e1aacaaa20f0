import type { Database, Transaction } from '../../platform/index.ts';

export const channels = ['sms', 'email'] as const;
export const purposes = ['transactional', 'commercial'] as const;

/** What a phone number or an email address said of a whole purpose. */
export interface PointConsent {
  readonly contactPoint: string;
  readonly channel: (typeof channels)[number];
  readonly purpose: (typeof purposes)[number];
  readonly state: 'opted-in' | 'opted-out';
}

/** Who keeps consents; they belong to contact points and not to contacts. */
export interface ContactConsents {
  /** The form under which consents of it are kept; undefined where no message could reach it. */
  pointOf(channel: PointConsent['channel'], text: string): string | undefined;
  findOfPoints(database: Database, contactPoints: readonly string[]): Promise<readonly PointConsent[]>;
  setMany(transaction: Transaction, consents: readonly PointConsent[], actor: string): Promise<void>;
}
