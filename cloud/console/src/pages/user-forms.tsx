import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Role, roles, type SignInLink, type User, useEditUser, useInvite } from '../api/people.ts';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { useEdited } from '../components/edited.ts';
import { Trouble } from '../components/states.tsx';

export function RoleSelect({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      label={t('people.role')}
      data={roles.map((role) => ({ value: role, label: t(`people.role_${role}`) }))}
      value={value}
      onChange={(chosen) => onChange(roles.find((role) => role === chosen) ?? value)}
      allowDeselect={false}
    />
  );
}

export function InviteForm({ onInvited }: { onInvited: (name: string, link: SignInLink) => void }) {
  const { t, i18n } = useTranslation();
  const invite = useInvite();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('technician');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate(
          { name, email, role, language: i18n.language },
          { onSuccess: (made) => onInvited(made.name, made.link) },
        );
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t('people.inviteText')}
        </Text>
        <TextInput
          label={t('people.name')}
          name="name"
          required
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('people.email')}
          name="invited"
          type="email"
          required
          maxLength={254}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <RoleSelect value={role} onChange={setRole} />
        {invite.error && <Trouble error={invite.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={invite.isPending}>
            {t('people.invite')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function UserForm({ user, onSaved }: { user: User; onSaved: () => void }) {
  const { t } = useTranslation();
  const edit = useEditUser();
  const edited = useEdited(user, ({ name, role }) => ({ name, role }), `/v1/users/${user.id}`);
  const { base, input, set } = edited;
  const changes = {
    ...(input.name === base.name ? {} : { name: input.name }),
    ...(input.role === base.role ? {} : { role: input.role }),
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        edit.mutate({ user: base, changes }, { onSuccess: onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('people.name')}
          name="name"
          required
          maxLength={200}
          value={input.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <RoleSelect value={input.role} onChange={(role) => set({ role })} />
        <ChangeTrouble change={edit} takeNow={edited.takeNow} />
        <Group justify="flex-end">
          <Button type="submit" loading={edit.isPending} disabled={Object.keys(changes).length === 0}>
            {t('people.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
