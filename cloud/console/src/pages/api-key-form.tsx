import { Button, Group, MultiSelect, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Role, useMakeApiKey } from '../api/people.ts';
import { queries } from '../api/queries.ts';
import { Trouble } from '../components/states.tsx';
import { RoleSelect } from './user-forms.tsx';

const dayMilliseconds = 86_400_000;
const ends = ['30', '90', '365', 'never'] as const;
type End = (typeof ends)[number];

export function ApiKeyForm({ onMade }: { onMade: (key: string) => void }) {
  const { t } = useTranslation();
  const session = useQuery(queries.session());
  const make = useMakeApiKey();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<'role' | 'scopes'>('scopes');
  const [role, setRole] = useState<Role>('viewer');
  const [scopes, setScopes] = useState<string[]>([]);
  const [end, setEnd] = useState<End>('90');
  const own = (session.data?.user.permissions ?? []).filter((permission) => permission !== 'session');
  const submit = () => {
    const expiresAt =
      end === 'never' ? undefined : new Date(Date.now() + Number(end) * dayMilliseconds).toISOString();
    make.mutate(
      {
        name,
        ...(kind === 'role' ? { role } : { scopes }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
      { onSuccess: ({ key }) => onMade(key) },
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack>
        <TextInput
          label={t('people.keyName')}
          name="name"
          required
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <SegmentedControl
          value={kind}
          onChange={(value) => setKind(value === 'role' ? 'role' : 'scopes')}
          data={[
            { value: 'scopes', label: t('people.byScopes') },
            { value: 'role', label: t('people.byRole') },
          ]}
        />
        {kind === 'role' ? (
          <RoleSelect value={role} onChange={setRole} />
        ) : (
          <MultiSelect
            label={t('people.scopes')}
            data={own}
            value={scopes}
            onChange={setScopes}
            searchable
            hidePickedOptions
            required
          />
        )}
        <Select
          label={t('people.ends')}
          data={ends.map((value) => ({ value, label: t(`people.ends_${value}`) }))}
          value={end}
          onChange={(value) => setEnd(ends.find((one) => one === value) ?? end)}
          allowDeselect={false}
        />
        {make.error && <Trouble error={make.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={make.isPending} disabled={kind === 'scopes' && scopes.length === 0}>
            {t('people.make')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
