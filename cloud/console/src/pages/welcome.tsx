import { Button, Center, Loader, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { peopleQueries, useSignInLink } from '../api/people.ts';
import { Trouble } from '../components/states.tsx';

/** Where the link of an invitation leads: one chooses a password, and is signed in. */
export function WelcomePage() {
  // The token stands after the #, which is sent to nobody.
  const [token] = useState(() => window.location.hash.slice(1));
  const link = useQuery(peopleQueries.link(token));
  return (
    <Center mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={420}>
        {link.data ? (
          <PasswordForm token={token} person={link.data} />
        ) : link.error ? (
          <LinkTrouble error={link.error} />
        ) : (
          <Center>
            <Loader />
          </Center>
        )}
      </Paper>
    </Center>
  );
}

function LinkTrouble({ error }: { error: Error }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Trouble error={error} />
      <Button component="a" href="/" variant="default">
        {t('people.toSignIn')}
      </Button>
    </Stack>
  );
}

function PasswordForm(props: {
  token: string;
  person: { email: string; name: string; hasPassword: boolean };
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const use = useSignInLink();
  const [password, setPassword] = useState('');
  const { email, name, hasPassword } = props.person;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        use.mutate({ token: props.token, password }, { onSuccess: () => void navigate({ to: '/' }) });
      }}
    >
      <Stack>
        <Title order={1} size="h2">
          {hasPassword ? t('people.resetTitle') : t('people.welcome', { name })}
        </Title>
        <Text size="sm">{t('people.welcomeText', { email })}</Text>
        {/* So that a password manager knows whose it is. */}
        <input type="hidden" name="email" autoComplete="username" value={email} readOnly />
        <PasswordInput
          label={t('people.newPassword')}
          description={t('people.passwordHint')}
          name="password"
          autoComplete="new-password"
          required
          minLength={10}
          maxLength={200}
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {use.error && <Trouble error={use.error} />}
        <Button type="submit" loading={use.isPending}>
          {t('people.choose')}
        </Button>
      </Stack>
    </form>
  );
}
