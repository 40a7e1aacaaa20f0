import { Alert, Button, Divider } from '@mantine/core';
import { IconExclamationCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { peopleQueries } from '../api/people.ts';

const startPath = '/v1/session/openid-connect';

/** The button of the OpenID provider, where there is one; it leads back to the page that one came for. */
export function ProviderButton() {
  const { t } = useTranslation();
  const methods = useQuery(peopleQueries.methods());
  const provider = methods.data?.openIdConnect;
  if (!provider) {
    return null;
  }
  const { pathname } = window.location;
  const returnTo = /^\/(?!\/)[\w./~-]{0,200}$/.test(pathname) ? pathname : '/';
  return (
    <>
      <Divider label={t('provider.or')} />
      <Button
        component="a"
        href={`${startPath}?returnTo=${encodeURIComponent(returnTo)}`}
        variant="default"
        data-testid="provider-button"
      >
        {t('provider.signInWith', { name: provider.name })}
      </Button>
    </>
  );
}

/** Why the provider's sign-in did not work, when the browser comes back from there. */
export function ProviderRefusal() {
  const { t, i18n } = useTranslation();
  const code = new URLSearchParams(window.location.search).get('sign-in');
  if (code === null) {
    return null;
  }
  const key = `provider.refusal_${code}`;
  return (
    <Alert color="red" icon={<IconExclamationCircle />} title={t('provider.refused')} role="alert">
      {i18n.exists(key) ? t(key) : t('provider.refusal_failed')} ({code.slice(0, 40)})
    </Alert>
  );
}
