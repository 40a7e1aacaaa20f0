import { ActionIcon, Badge, Button, Group, Menu, Modal, Paper, Stack, Text } from '@mantine/core';
import { IconDots, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  peopleQueries,
  type SignInLink,
  type User,
  useEditUser,
  useEndSessionsOf,
  useMakeLink,
} from '../api/people.ts';
import { queries } from '../api/queries.ts';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { Confirm } from '../components/confirm.tsx';
import { useEdited } from '../components/edited.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Secret } from '../components/secret.tsx';
import { Trouble } from '../components/states.tsx';
import { TimeAgo, useNow } from '../components/time.tsx';
import { InviteForm, UserForm } from './user-forms.tsx';

/** What is open over the list. */
type Opened =
  | { what: 'invite' }
  | { what: 'edit' | 'disable'; user: User }
  | { what: 'link'; name: string; link: SignInLink };

export function UsersPage() {
  const { t, i18n } = useTranslation();
  const users = useInfiniteQuery(peopleQueries.users());
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  return (
    <>
      <PageTitle title={t('nav.users')} sub={t('people.usersIntro')}>
        <Button leftSection={<IconPlus size={16} />} onClick={() => setOpened({ what: 'invite' })}>
          {t('people.invite')}
        </Button>
      </PageTitle>
      <Paper withBorder p="md">
        <Paged query={users} empty={null}>
          {(items) => (
            <Stack gap="lg">
              {items.map((user) => (
                <UserLine key={user.id} user={user} open={setOpened} />
              ))}
            </Stack>
          )}
        </Paged>
      </Paper>
      <Modal opened={opened?.what === 'invite'} onClose={close} title={t('people.invite')} centered>
        <InviteForm onInvited={(name, link) => setOpened({ what: 'link', name, link })} />
      </Modal>
      {opened?.what === 'edit' && (
        <Modal opened onClose={close} title={t('people.edit')} centered>
          <UserForm user={opened.user} onSaved={close} />
        </Modal>
      )}
      {opened?.what === 'link' && (
        <Modal opened onClose={close} title={t('people.linkTitle', { name: opened.name })} centered>
          <Secret
            text={t('people.linkText')}
            note={t('people.linkUntil', {
              time: new Date(opened.link.expiresAt).toLocaleString(i18n.language),
            })}
            secret={opened.link.url}
            copy={t('people.copyLink')}
          />
        </Modal>
      )}
      {opened?.what === 'disable' && <DisableUser user={opened.user} onClose={close} />}
    </>
  );
}

function UserLine({ user, open }: { user: User; open: (opened: Opened) => void }) {
  const { t } = useTranslation();
  return (
    <Group
      justify="space-between"
      align="flex-start"
      wrap="nowrap"
      data-testid="user-row"
      data-email={user.email}
    >
      <Stack gap={4} flex={1} miw={0}>
        <Group gap="xs">
          <Text size="sm" fw={600} {...(user.disabled ? { c: 'dimmed' } : {})}>
            {user.name}
          </Text>
          <Badge size="sm" variant="light" miw="max-content">
            {t(`people.role_${user.role}`)}
          </Badge>
          <StateBadges user={user} />
        </Group>
        <Text size="sm" c="dimmed">
          {user.email}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {t('people.lastSignIn')}: <TimeAgo at={user.lastSignedInAt} size="xs" />
        </Text>
      </Stack>
      <UserMenu user={user} open={open} />
    </Group>
  );
}

function StateBadges({ user }: { user: User }) {
  const { t } = useTranslation();
  const now = useNow();
  const session = useQuery(queries.session());
  const waits = !user.hasPassword && !user.hasOpenIdConnect;
  const linkHolds = user.linkExpiresAt !== null && Date.parse(user.linkExpiresAt) > now;
  return (
    <>
      {session.data?.user.id === user.id && (
        <Badge size="sm" variant="outline" color="gray">
          {t('people.you')}
        </Badge>
      )}
      {user.disabled && (
        <Badge size="sm" color="red" variant="light" miw="max-content">
          {t('people.disabled')}
        </Badge>
      )}
      {!user.disabled && waits && (
        <Badge size="sm" color={linkHolds ? 'teal' : 'orange'} variant="light" miw="max-content">
          {t(linkHolds ? 'people.invited' : 'people.linkOver')}
        </Badge>
      )}
      {user.hasOpenIdConnect && (
        <Text size="xs" c="dimmed">
          {t('people.providerBadge')}
        </Text>
      )}
    </>
  );
}

function UserMenu({ user, open }: { user: User; open: (opened: Opened) => void }) {
  const { t } = useTranslation();
  const makeLink = useMakeLink();
  const endSessions = useEndSessionsOf();
  const edit = useEditUser();
  const trouble = makeLink.error ?? endSessions.error;
  return (
    <Stack gap="xs" align="flex-end">
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('people.actions', { name: user.name })}
            loading={makeLink.isPending || endSessions.isPending || edit.isPending}
          >
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => open({ what: 'edit', user })}>{t('people.edit')}</Menu.Item>
          {user.disabled ? (
            <Menu.Item onClick={() => edit.mutate({ user, changes: { disabled: false } })}>
              {t('people.enable')}
            </Menu.Item>
          ) : (
            <>
              <Menu.Item
                onClick={() =>
                  makeLink.mutate(user.id, {
                    onSuccess: (link) => open({ what: 'link', name: user.name, link }),
                  })
                }
              >
                {t('people.makeLink')}
              </Menu.Item>
              <Menu.Item onClick={() => endSessions.mutate(user.id)}>
                {t('people.signOutEverywhere')}
              </Menu.Item>
              <Menu.Item color="red" onClick={() => open({ what: 'disable', user })}>
                {t('people.disable')}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {trouble && <Trouble error={trouble} />}
      <ChangeTrouble change={edit} />
    </Stack>
  );
}

function DisableUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation();
  const edit = useEditUser();
  const edited = useEdited(user, () => ({}), `/v1/users/${user.id}`);
  return (
    <Confirm
      title={t('people.disableTitle', { name: user.name })}
      text={t('people.disableText')}
      action={t('people.disable')}
      change={edit}
      takeNow={edited.takeNow}
      onConfirm={() =>
        edit.mutate({ user: edited.base, changes: { disabled: true } }, { onSuccess: onClose })
      }
      onClose={onClose}
    />
  );
}
