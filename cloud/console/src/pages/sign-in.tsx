import { Button, Center, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSignIn } from '../api/session.ts';
import { Trouble } from '../components/states.tsx';
import { ProviderButton, ProviderRefusal } from './sign-in-provider.tsx';

export function SignInPage() {
  const { t } = useTranslation();
  const signIn = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Center mih="100vh" p="md">
      <Paper
        withBorder
        p="xl"
        w="100%"
        maw={380}
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate({ email, password });
        }}
      >
        <Stack>
          <Group gap="xs">
            <img src="/icon.svg" width={32} height={32} alt="" />
            <Title order={1} size="h2">
              {t('app.name')}
            </Title>
          </Group>
          <Text size="sm" c="dimmed">
            {t('app.tagline')}
          </Text>
          <TextInput
            label={t('signIn.email')}
            name="email"
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('signIn.password')}
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {signIn.error ? <Trouble error={signIn.error} /> : <ProviderRefusal />}
          <Button type="submit" loading={signIn.isPending}>
            {t('signIn.submit')}
          </Button>
          <ProviderButton />
          <Text size="xs" c="dimmed">
            {t('signIn.hint')}
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
