import { Badge, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { queries, useSaveContact } from '../api/queries.ts';
import type { Contact, ContactInput } from '../api/types.ts';
import { useEdited } from '../components/edited.ts';
import { RecordsPanel } from '../components/records-panel.tsx';
import { SaveRow } from '../components/save-row.tsx';
import { languages } from '../i18n/index.ts';

export function ContactsPanel({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const contacts = useQuery(queries.contacts(accountId));
  return (
    <RecordsPanel
      title={t('customers.contacts')}
      add={t('customers.addContact')}
      none={t('customers.noContacts')}
      records={contacts}
      line={(contact, editButton) => (
        <ContactLine key={contact.id} contact={contact} editButton={editButton} />
      )}
      form={(contact, close) => (
        <ContactForm
          accountId={accountId}
          isFirst={contacts.data?.items.length === 0}
          {...(contact === undefined ? {} : { contact })}
          onSaved={close}
        />
      )}
    />
  );
}

function ContactLine({ contact, editButton }: { contact: Contact; editButton: ReactNode }) {
  const { t } = useTranslation();
  const language = Object.entries(languages).find(([tag]) => tag === contact.language)?.[1];
  return (
    <Group justify="space-between" align="flex-start" data-testid="contact-row">
      <Stack gap={4} flex={1}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {contact.fullName}
          </Text>
          {contact.primary && (
            <Badge size="xs" variant="light">
              {t('customers.primary')}
            </Badge>
          )}
          <Text size="xs" c="dimmed">
            {language ?? contact.language}
          </Text>
        </Group>
        {contact.phone && <ContactPoint address={contact.phone} />}
        {contact.email && <ContactPoint address={contact.email} />}
      </Stack>
      {editButton}
    </Group>
  );
}

/** A phone number or an address, with what may be sent there. */
function ContactPoint({ address }: { address: string }) {
  const { t } = useTranslation();
  const consents = useQuery(queries.consents(address));
  return (
    <Stack gap={0}>
      <Text size="sm">{address}</Text>
      <Text size="xs" c="dimmed">
        {(consents.data?.decisions ?? [])
          .map(({ purpose, allowed }) => {
            const about = t(`customers.purpose_${purpose}`, purpose);
            return `${about}: ${allowed ? t('customers.allowed') : t('customers.notAllowed')}`;
          })
          .join(' · ')}
      </Text>
    </Stack>
  );
}

function ContactForm(props: { accountId: string; isFirst: boolean; contact?: Contact; onSaved: () => void }) {
  const { t, i18n } = useTranslation();
  const { contact } = props;
  const save = useSaveContact();
  const toInput = (kept: Contact | undefined): ContactInput => ({
    accountId: props.accountId,
    fullName: kept?.fullName ?? '',
    email: kept?.email ?? null,
    phone: kept?.phone ?? null,
    language: kept?.language ?? i18n.language,
    primary: kept?.primary ?? props.isFirst,
  });
  const edited = useEdited(contact, toInput, `/v1/contacts/${contact?.id}`);
  const { input, set } = edited;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ id: contact?.id, version: edited.base?.version, input }, { onSuccess: props.onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('customers.fullName')}
          required
          maxLength={200}
          data-autofocus
          value={input.fullName}
          onChange={(event) => set({ fullName: event.currentTarget.value })}
        />
        <TextInput
          label={t('customers.email')}
          type="email"
          maxLength={254}
          value={input.email ?? ''}
          onChange={(event) => set({ email: event.currentTarget.value || null })}
        />
        <TextInput
          label={t('customers.phone')}
          description={t('customers.phoneHint')}
          type="tel"
          maxLength={40}
          value={input.phone ?? ''}
          onChange={(event) => set({ phone: event.currentTarget.value || null })}
        />
        <Select
          label={t('customers.language')}
          data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
          value={input.language}
          onChange={(language) => set({ language: language ?? 'en' })}
          allowDeselect={false}
        />
        <Checkbox
          label={t('customers.primary')}
          description={t('customers.primaryHint')}
          checked={input.primary}
          onChange={(event) => set({ primary: event.currentTarget.checked })}
        />
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}
