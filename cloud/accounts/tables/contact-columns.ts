import { channels, type PointConsent, purposes } from './contact-consents.ts';

/** What a contact point said of each purpose; a table has them for those alone who may see consents. */
export const consentColumns = [
  'smsTransactional',
  'smsCommercial',
  'emailTransactional',
  'emailCommercial',
] as const;
export type ConsentColumn = (typeof consentColumns)[number];

export const recordColumns = ['id', 'account', 'fullName', 'email', 'phone', 'language', 'primary'] as const;
export const columns = [...recordColumns, ...consentColumns] as const;
export type Column = (typeof columns)[number];

const columnNames: Readonly<
  Record<PointConsent['channel'], Readonly<Record<PointConsent['purpose'], ConsentColumn>>>
> = {
  sms: { transactional: 'smsTransactional', commercial: 'smsCommercial' },
  email: { transactional: 'emailTransactional', commercial: 'emailCommercial' },
};

/** Each consent column with what it is about. */
export const consentSubjects = channels.flatMap((channel) =>
  purposes.map((purpose) => ({ channel, purpose, column: columnNames[channel][purpose] })),
);
