import { Alert, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { accountChoices } from '../api/choices.ts';
import { type NewConnection, type NewContact, queries } from '../api/queries.ts';
import type { Contact } from '../api/types.ts';
import { useMay } from '../components/may.ts';
import { SearchingSelect } from '../components/searching-select.tsx';

const addressesOf = ({ phone, email }: Contact): string =>
  [phone, email].filter((address) => address !== null).join(', ');

const isReachable = ({ phone, email }: Contact): boolean => phone !== null || email !== null;

const newAccount = '+';

/** Whose machine it is, and whom they have for its cases. */
export function ConnectCustomer(props: {
  accountId: string | null;
  input: NewConnection;
  set: (change: Partial<NewConnection>) => void;
}) {
  const { t } = useTranslation();
  const { accountId, input, set } = props;
  const mayAdd = useMay('accounts:write');
  return (
    <>
      <SearchingSelect
        label={t('connect.account')}
        choices={accountChoices()}
        known={mayAdd ? [{ value: newAccount, label: t('connect.newAccount') }] : []}
        value={accountId ?? newAccount}
        onChange={(value) => set({ accountId: value === newAccount ? null : value, contact: null })}
        allowDeselect={false}
      />
      {accountId === null && (
        <TextInput
          label={t('connect.accountName')}
          required
          maxLength={200}
          value={input.accountName}
          onChange={(event) => set({ accountName: event.currentTarget.value })}
        />
      )}
      <ConnectContact accountId={accountId} contact={input.contact} change={(contact) => set({ contact })} />
    </>
  );
}

/** Who is told when a case is opened for the machine: whom the customer has, or somebody who is named here. */
function ConnectContact(props: {
  accountId: string | null;
  contact: NewContact | null;
  change: (contact: NewContact | null) => void;
}) {
  const { t, i18n } = useTranslation();
  const { accountId, contact, change } = props;
  const contacts = useQuery({ ...queries.contacts(accountId ?? ''), enabled: accountId !== null });
  const mayWrite = useMay('accounts:write');
  const known = accountId === null ? [] : (contacts.data?.items ?? []).filter(isReachable);
  if (known.length > 0) {
    return (
      <Text size="sm" data-testid="told">
        {t('connect.told')} {known.map((one) => `${one.fullName} (${addressesOf(one)})`).join('; ')}
      </Text>
    );
  }
  if (!mayWrite) {
    return accountId === null ? null : <NobodyToTell accountId={accountId} />;
  }
  const typed = contact ?? { fullName: '', phone: null, email: null, language: i18n.language, agreed: true };
  const set = (part: Partial<NewContact>) => {
    const next = { ...typed, ...part };
    change(next.fullName === '' && next.phone === null && next.email === null ? null : next);
  };
  return (
    <Stack gap="xs" data-testid="connect-contact">
      <Text size="sm" fw={500}>
        {t('connect.contact')}
      </Text>
      <Text size="xs" c="dimmed">
        {t('connect.contactHint')}
      </Text>
      <TextInput
        label={t('customers.fullName')}
        required={contact !== null}
        maxLength={200}
        value={typed.fullName}
        onChange={(event) => set({ fullName: event.currentTarget.value })}
      />
      <TextInput
        label={t('customers.phone')}
        description={t('customers.phoneHint')}
        type="tel"
        maxLength={40}
        required={contact !== null && contact.email === null}
        value={typed.phone ?? ''}
        onChange={(event) => set({ phone: event.currentTarget.value || null })}
      />
      <TextInput
        label={t('customers.email')}
        type="email"
        maxLength={254}
        value={typed.email ?? ''}
        onChange={(event) => set({ email: event.currentTarget.value || null })}
      />
      {contact !== null && (
        <Checkbox
          label={t('connect.agreed')}
          checked={typed.agreed}
          onChange={(event) => set({ agreed: event.currentTarget.checked })}
        />
      )}
    </Stack>
  );
}

/** Says plainly that a case of this customer reaches nobody, and where that is changed. */
export function NobodyToTell({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const contacts = useQuery(queries.contacts(accountId));
  return contacts.data === undefined || contacts.data.items.some(isReachable) ? null : (
    <Alert color="orange" data-testid="nobody-to-tell">
      <Text size="sm">
        {t('connect.nobody')}{' '}
        <Link to="/customers/$accountId" params={{ accountId }}>
          {t('connect.addContact')}
        </Link>
      </Text>
    </Alert>
  );
}
