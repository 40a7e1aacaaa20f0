import { AndonError } from '@andon/shared/kernel';
import { asCell, type ReadLine, shortCell, type Tell, textOf } from '../../platform/index.ts';
import { accountOfCell, type NamedAccounts } from '../named-accounts.ts';
import { phoneNumberOf } from '../phone-number.ts';
import { emailCharactersMax, emailPattern, type Language, languages } from '../schemas.ts';
import type { Column } from './contact-columns.ts';

export interface StoredContact {
  readonly id: string;
  readonly accountId: string;
  readonly fullName: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly language: Language;
  readonly primary: boolean;
}

/** A contact as a line wants it, without consents. */
export interface ContactDraft extends StoredContact {
  readonly line: number;
  readonly stored: StoredContact | undefined;
}

interface Context {
  readonly accounts: NamedAccounts;
  /** Of each account that the table names. */
  readonly contacts: ReadonlyMap<string, readonly StoredContact[]>;
  readonly has: ReadonlySet<string>;
  readonly newId: () => string;
}

const nameCharactersMax = 200;
const email = new RegExp(emailPattern, 'u');

export function readContactLine(
  line: ReadLine<Column>,
  context: Context,
  tell: Tell<Column>,
): ContactDraft | undefined {
  const { has } = context;
  const accountId = accountOfCell(line.account, context.accounts, (message) => tell('account', message));
  if (line.fullName === undefined) {
    tell('fullName', 'It is empty.');
  } else if (line.fullName.length > nameCharactersMax) {
    tell('fullName', `It is longer than ${nameCharactersMax} characters.`);
  }
  const phone = phoneOf(line.phone, tell);
  if (line.email !== undefined && (line.email.length > emailCharactersMax || !email.test(line.email))) {
    tell('email', `"${shortCell(line.email)}" is no email address.`);
  }
  if (accountId === undefined || line.fullName === undefined) {
    return undefined;
  }
  const stored = storedOf(line, phone, context.contacts.get(accountId) ?? [], tell);
  if (stored === 'several') {
    return undefined;
  }
  return {
    line: line.line,
    stored,
    id: stored?.id ?? context.newId(),
    accountId,
    fullName: textOf(true, line.fullName, stored?.fullName) ?? line.fullName,
    email: textOf(has.has('email'), line.email, stored?.email),
    phone: has.has('phone') ? phone : (stored?.phone ?? null),
    language: has.has('language') ? languageOf(line.language, tell) : (stored?.language ?? 'en'),
    primary: has.has('primary') ? isPrimary(line.primary, tell) : (stored?.primary ?? false),
  };
}

/** Known by the id; else by the address or the number; a line with neither by the name. */
function storedOf(
  line: ReadLine<Column>,
  phone: string | null,
  contacts: readonly StoredContact[],
  tell: Tell<Column>,
): StoredContact | 'several' | undefined {
  const byItsId = contacts.find(({ id }) => id === line.id);
  if (byItsId !== undefined) {
    return byItsId;
  }
  const address = line.email?.toLowerCase();
  const isNamed = (one: StoredContact) => asCell(one.fullName) === line.fullName;
  let found = contacts.filter((one) =>
    address === undefined && phone === null
      ? isNamed(one)
      : (address !== undefined && one.email?.toLowerCase() === address) ||
        (phone !== null && one.phone === phone),
  );
  if (found.length > 1 && found.filter(isNamed).length === 1) {
    found = found.filter(isNamed);
  }
  if (found.length > 1) {
    tell('line', 'Several contacts of the account could be meant; give the id of the one that is.');
    return 'several';
  }
  return found[0];
}

function phoneOf(cell: string | undefined, tell: Tell<Column>): string | null {
  if (cell === undefined) {
    return null;
  }
  try {
    return phoneNumberOf(cell);
  } catch (error) {
    if (!(error instanceof AndonError)) {
      throw error;
    }
    tell('phone', `${error.message} ${error.nextStep}`);
    return null;
  }
}

function languageOf(cell: string | undefined, tell: Tell<Column>): Language {
  const language = languages.find((one) => one === (cell ?? 'en'));
  if (language === undefined) {
    tell('language', `It is none of ${languages.join(', ')}.`);
  }
  return language ?? 'en';
}

function isPrimary(cell: string | undefined, tell: Tell<Column>): boolean {
  const said = (cell ?? 'no').toLowerCase();
  if (!['yes', 'no', 'true', 'false'].includes(said)) {
    tell('primary', 'It is neither yes nor no.');
  }
  return said === 'yes' || said === 'true';
}
