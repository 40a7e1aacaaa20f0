import {
  Badge,
  Button,
  Group,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type OwnSession,
  peopleQueries,
  type User,
  useChangePassword,
  useEditMe,
  useEndOtherSessions,
  useEndSession,
} from '../api/people.ts';
import { deviceName } from '../components/device-name.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { chooseLanguage, type Language, languages } from '../i18n/index.ts';

export function OwnAccountPage() {
  const { t } = useTranslation();
  const me = useQuery(peopleQueries.me());
  return (
    <>
      <PageTitle title={t('people.account')} sub={me.data?.email} />
      <Loaded query={me}>
        {(user) => (
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Stack>
              <ProfilePanel key={user.version} user={user} />
              <PasswordPanel user={user} />
            </Stack>
            <div>
              <SessionsPanel />
            </div>
          </SimpleGrid>
        )}
      </Loaded>
    </>
  );
}

function ProfilePanel({ user }: { user: User }) {
  const { t } = useTranslation();
  const edit = useEditMe();
  const [name, setName] = useState(user.name);
  const [language, setLanguage] = useState(user.language);
  const save = () =>
    edit.mutate(
      { name, language },
      {
        onSuccess: () => {
          const chosen = (Object.keys(languages) as Language[]).find((one) => one === language);
          if (chosen) {
            chooseLanguage(chosen);
          }
        },
      },
    );
  return (
    <Panel title={t('people.profile')} side={<Badge variant="light">{t(`people.role_${user.role}`)}</Badge>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Stack>
          <TextInput
            label={t('people.name')}
            name="name"
            required
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t('people.language')}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
            value={language}
            onChange={(chosen) => setLanguage(chosen ?? language)}
            allowDeselect={false}
          />
          {edit.error && <Trouble error={edit.error} />}
          <Group justify="flex-end">
            <Button
              type="submit"
              loading={edit.isPending}
              disabled={name === user.name && language === user.language}
            >
              {t('people.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function PasswordPanel({ user }: { user: User }) {
  const { t } = useTranslation();
  const change = useChangePassword();
  const [currentPassword, setCurrentPassword] = useState('');
  const [password, setPassword] = useState('');
  if (!user.hasPassword) {
    return (
      <Panel title={t('people.password')}>
        <Text size="sm">{t('people.noPassword')}</Text>
      </Panel>
    );
  }
  const submit = () =>
    change.mutate(
      { currentPassword, password },
      {
        onSuccess: () => {
          setCurrentPassword('');
          setPassword('');
        },
      },
    );
  return (
    <Panel title={t('people.password')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack>
          <PasswordInput
            label={t('people.currentPassword')}
            name="currentPassword"
            autoComplete="current-password"
            required
            maxLength={200}
            value={currentPassword}
            onChange={(event) => setCurrentPassword(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('people.newPassword')}
            description={t('people.passwordHint')}
            name="newPassword"
            autoComplete="new-password"
            required
            minLength={10}
            maxLength={200}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {change.error && <Trouble error={change.error} />}
          {change.isSuccess && (
            <Text size="sm" role="status">
              {t('people.passwordChanged')}
            </Text>
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending}>
              {t('people.changePassword')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function SessionsPanel() {
  const { t } = useTranslation();
  const sessions = useQuery(peopleQueries.sessions());
  const endOthers = useEndOtherSessions();
  const several = (sessions.data?.items.length ?? 0) > 1;
  return (
    <Panel
      title={t('people.sessions')}
      side={
        several && (
          <Button
            size="xs"
            variant="default"
            loading={endOthers.isPending}
            onClick={() => endOthers.mutate(undefined)}
          >
            {t('people.endOthers')}
          </Button>
        )
      }
    >
      {endOthers.error && <Trouble error={endOthers.error} />}
      <Loaded query={sessions}>
        {({ items }) => (
          <Stack>
            {items.map((session) => (
              <SessionLine key={session.id} session={session} />
            ))}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

function SessionLine({ session }: { session: OwnSession }) {
  const { t } = useTranslation();
  const end = useEndSession();
  return (
    <Group justify="space-between" align="flex-start" data-testid="session-row">
      <Stack gap={2} flex={1} miw={180}>
        <Group gap="xs">
          <Text size="sm" fw={600} title={session.device}>
            {deviceName(session.device) ?? t('people.unknownDevice')}
          </Text>
          {session.current && (
            <Badge size="xs" variant="light" color="green" miw="max-content">
              {t('people.thisOne')}
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed" component="div">
          {session.address} · {t('people.used')} <TimeAgo at={session.lastUsedAt} size="xs" /> ·{' '}
          {t('people.since')} <TimeAgo at={session.createdAt} size="xs" />
        </Text>
        {end.error && <Trouble error={end.error} />}
      </Stack>
      {!session.current && (
        <Button
          size="compact-xs"
          variant="default"
          loading={end.isPending}
          onClick={() => end.mutate(session.id)}
        >
          {t('people.end')}
        </Button>
      )}
    </Group>
  );
}
