import { Button, Modal, Paper, Stack, Table, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries, useSaveAccount } from '../api/queries.ts';
import type { Account } from '../api/types.ts';
import { Allowed } from '../components/allowed.tsx';
import { useEdited } from '../components/edited.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { RegistryTableButtons } from '../components/registry-table-buttons.tsx';
import { SaveRow } from '../components/save-row.tsx';
import { Empty } from '../components/states.tsx';

const typingMilliseconds = 250;

export function CustomersPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), typingMilliseconds);
  const [opened, { open, close }] = useDisclosure();
  const accounts = useInfiniteQuery(queries.accountPages({ q }));
  return (
    <>
      <PageTitle title={t('nav.customers')} sub={t('customers.intro')}>
        <RegistryTableButtons />
        <Allowed to="accounts:write">
          <Button leftSection={<IconPlus size={16} />} onClick={open}>
            {t('customers.add')}
          </Button>
        </Allowed>
      </PageTitle>
      <Paper withBorder p="md">
        <TextInput
          mb="sm"
          maw={320}
          leftSection={<IconSearch size={16} />}
          placeholder={t('common.search')}
          aria-label={t('common.search')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Paged
          query={accounts}
          empty={<Empty title={t('customers.empty')} text={t('customers.emptyText')} />}
        >
          {(items) => (
            <Table verticalSpacing="sm">
              <Table.Tbody>
                {items.map((account) => (
                  <Table.Tr key={account.id} data-testid="customer-row">
                    <Table.Td>
                      <Link to="/customers/$accountId" params={{ accountId: account.id }}>
                        {account.name}
                      </Link>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Paged>
      </Paper>
      <Modal opened={opened} onClose={close} title={t('customers.add')} centered>
        <AccountForm
          onSaved={({ id }) => void navigate({ to: '/customers/$accountId', params: { accountId: id } })}
        />
      </Modal>
    </>
  );
}

/** Makes an account, or renames the one that is given. */
export function AccountForm({ account, onSaved }: { account?: Account; onSaved: (saved: Account) => void }) {
  const { t } = useTranslation();
  const save = useSaveAccount();
  const toInput = (kept: Account | undefined) => ({
    name: kept?.name ?? '',
    parentId: kept?.parentId ?? null,
  });
  const edited = useEdited(account, toInput, `/v1/accounts/${account?.id}`);
  const { input } = edited;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ id: account?.id, version: edited.base?.version, input }, { onSuccess: onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('customers.name')}
          name="name"
          required
          maxLength={200}
          data-autofocus
          value={input.name}
          onChange={(event) => edited.set({ name: event.currentTarget.value })}
        />
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}
