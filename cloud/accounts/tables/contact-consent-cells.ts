import type { BrokenLine, Database, ReadLine } from '../../platform/index.ts';
import { type Column, consentSubjects } from './contact-columns.ts';
import type { ContactConsents, PointConsent } from './contact-consents.ts';
import type { ContactDraft } from './contact-lines.ts';

/** A consent that a cell wants, and what the contact point said until now. */
export interface WantedConsent extends PointConsent {
  readonly column: Column;
  readonly before: PointConsent['state'] | undefined;
}

const states = ['opted-in', 'opted-out'] as const;

const subjectOf = ({ contactPoint, channel, purpose }: Omit<PointConsent, 'state'>): string =>
  [channel, purpose, contactPoint].join(' ');

interface Reachable {
  readonly email: string | null;
  readonly phone: string | null;
}

const pointOf = (consents: ContactConsents, channel: PointConsent['channel'], contact: Reachable) => {
  const text = channel === 'sms' ? contact.phone : contact.email;
  return text === null ? undefined : consents.pointOf(channel, text);
};

/** What these contacts said, by contact point, channel and purpose. */
async function statesOf(database: Database, consents: ContactConsents, contacts: readonly Reachable[]) {
  const points = contacts.flatMap((contact) =>
    (['sms', 'email'] as const).flatMap((channel) => pointOf(consents, channel, contact) ?? []),
  );
  const found = await consents.findOfPoints(database, [...new Set(points)]);
  return new Map(found.map((consent) => [subjectOf(consent), consent.state]));
}

/**
 * The consents that each line wants, by line; an empty cell says nothing. Who opted out opts in again by a word of
 * their own, or by the consent centre: a table may be older than their STOP.
 */
export async function readConsents(
  database: Database,
  consents: ContactConsents,
  drafts: readonly ContactDraft[],
  lines: readonly ReadLine<Column>[],
): Promise<{ wanted: Map<number, WantedConsent[]>; mistakes: BrokenLine<Column>[] }> {
  const mistakes: BrokenLine<Column>[] = [];
  const wanted = new Map<number, WantedConsent[]>();
  const lineOf = new Map(lines.map((line) => [line.line, line]));
  const said = await statesOf(database, consents, drafts);
  for (const draft of drafts) {
    for (const { column, channel, purpose } of consentSubjects) {
      const cell = lineOf.get(draft.line)?.[column];
      if (cell === undefined) {
        continue;
      }
      const contactPoint = pointOf(consents, channel, draft);
      const state = states.find((one) => one === cell);
      const before =
        contactPoint === undefined ? undefined : said.get(subjectOf({ contactPoint, channel, purpose }));
      const message = mistakeOf({ channel, contactPoint, state, before });
      if (message !== undefined) {
        mistakes.push({ line: draft.line, column, message });
      } else if (contactPoint !== undefined && state !== undefined) {
        const consent = { contactPoint, channel, purpose, state, column, before };
        wanted.set(draft.line, [...(wanted.get(draft.line) ?? []), consent]);
      }
    }
  }
  return { wanted, mistakes };
}

function mistakeOf(cell: {
  readonly channel: PointConsent['channel'];
  readonly contactPoint: string | undefined;
  readonly state: PointConsent['state'] | undefined;
  readonly before: PointConsent['state'] | undefined;
}): string | undefined {
  if (cell.state === undefined) {
    return 'It is neither opted-in nor opted-out.';
  }
  if (cell.contactPoint === undefined) {
    const missing = cell.channel === 'sms' ? 'phone number' : 'email address';
    return `There is no ${missing} that it is about.`;
  }
  return cell.before === 'opted-out' && cell.state === 'opted-in'
    ? 'The contact point has opted out; only a word of its own or the consent centre opts it in again.'
    : undefined;
}

/** Two lines that say different things of one contact point. */
export function checkConsents(
  items: readonly { readonly line: number; readonly consents: readonly WantedConsent[] }[],
): BrokenLine<Column>[] {
  const said = new Map<string, { readonly line: number; readonly state: PointConsent['state'] }>();
  return items.flatMap(({ line, consents }) =>
    consents.flatMap((consent) => {
      const subject = subjectOf(consent);
      const other = said.get(subject);
      said.set(subject, other ?? { line, state: consent.state });
      return other === undefined || other.state === consent.state
        ? []
        : { line, column: consent.column, message: `Line ${other.line} says something else of it.` };
    }),
  );
}

/** The consent cells of each contact, in their order. */
export async function consentCells(
  database: Database,
  consents: ContactConsents,
  contacts: readonly Reachable[],
): Promise<Record<string, string | null>[]> {
  const said = await statesOf(database, consents, contacts);
  return contacts.map((contact) =>
    Object.fromEntries(
      consentSubjects.map(({ column, channel, purpose }) => {
        const contactPoint = pointOf(consents, channel, contact);
        const state =
          contactPoint === undefined ? undefined : said.get(subjectOf({ contactPoint, channel, purpose }));
        return [column, state ?? null];
      }),
    ),
  );
}
