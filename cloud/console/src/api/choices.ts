import { call, query } from './client.ts';
import type { Page } from './types.ts';

/** One of very many records, as a field offers it. */
export interface Choice {
  value: string;
  label: string;
}

/** What a field chooses from: found at the server by a text, and the chosen one told by its id. */
export interface Choices {
  /** Begins with the record's kind, so that a change of such records fetches it anew. */
  key: readonly unknown[];
  find: (q: string) => Promise<Choice[]>;
  one: (id: string) => Promise<Choice>;
}

const foundMax = 50;

function choicesOf<Item extends { id: string }>(
  kind: string,
  labelOf: (item: Item) => string,
  filter: { accountId?: string | undefined } = {},
): Choices {
  const toChoice = (item: Item): Choice => ({ value: item.id, label: labelOf(item) });
  const path = `/v1/${kind}`;
  return {
    key: [kind, 'choices', filter],
    find: async (q) =>
      (await call<Page<Item>>('GET', `${path}${query({ ...filter, q, limit: foundMax })}`)).items.map(
        toChoice,
      ),
    one: async (id) => toChoice(await call<Item>('GET', `${path}/${encodeURIComponent(id)}`)),
  };
}

interface Named {
  id: string;
  name: string;
}

export const accountChoices = (): Choices => choicesOf<Named>('accounts', ({ name }) => name);

export const contactChoices = (): Choices =>
  choicesOf<{ id: string; fullName: string; accountName: string }>(
    'contacts',
    ({ fullName, accountName }) => `${fullName}, ${accountName}`,
  );

/** Of one customer, or of all: then a site says whose it is. */
export const siteChoices = (accountId?: string): Choices =>
  choicesOf<Named & { accountName: string }>(
    'sites',
    ({ name, accountName }) => (accountId === undefined ? `${name}, ${accountName}` : name),
    { accountId },
  );

/** Of one customer, or of all: then a machine says whose it is. */
export const assetChoices = (accountId?: string): Choices =>
  choicesOf<Named & { accountName: string; serialNumber: string | null }>(
    'assets',
    ({ name, accountName, serialNumber }) =>
      [name, accountId === undefined ? accountName : null, serialNumber]
        .filter((part) => part !== null)
        .join(' · '),
    { accountId },
  );

export const deviceChoices = (): Choices => choicesOf<Named>('devices', ({ name }) => name);
export const gatewayChoices = (): Choices => choicesOf<Named>('gateways', ({ name }) => name);
export const categoryChoices = (): Choices => choicesOf<Named>('device-categories', ({ name }) => name);

/** The same, beside what is of another kind: each value says of which it is. */
export function ofKind(prefix: string, choices: Choices): Choices {
  const mark = (choice: Choice): Choice => ({ ...choice, value: `${prefix}${choice.value}` });
  return {
    key: [...choices.key, prefix],
    find: async (q) => (await choices.find(q)).map(mark),
    one: async (value) => mark(await choices.one(value.slice(prefix.length))),
  };
}
