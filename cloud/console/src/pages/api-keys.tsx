import { Badge, Button, Group, Modal, Paper, Stack, Switch, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiKey, peopleQueries, useRevokeApiKey } from '../api/people.ts';
import { Confirm } from '../components/confirm.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Paged } from '../components/paged.tsx';
import { Secret } from '../components/secret.tsx';
import { Empty } from '../components/states.tsx';
import { TimeAgo, useNow } from '../components/time.tsx';
import { ApiKeyForm } from './api-key-form.tsx';

export function ApiKeysPage() {
  const { t } = useTranslation();
  const [showEnded, setShowEnded] = useState(false);
  const keys = useInfiniteQuery(peopleQueries.apiKeys(showEnded ? {} : { valid: 'true' }));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string>();
  const [revoked, setRevoked] = useState<ApiKey>();
  return (
    <>
      <PageTitle title={t('nav.apiKeys')} sub={t('people.keysIntro')}>
        <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
          {t('people.addKey')}
        </Button>
      </PageTitle>
      <Paper withBorder p="md">
        <Switch
          mb="md"
          size="sm"
          label={t('people.showEnded')}
          checked={showEnded}
          onChange={(event) => setShowEnded(event.currentTarget.checked)}
        />
        <Paged query={keys} empty={<Empty title={t('people.noKeys')} text={t('people.noKeysText')} />}>
          {(items) => (
            <Stack gap="lg">
              {items.map((key) => (
                <KeyLine key={key.id} apiKey={key} revoke={() => setRevoked(key)} />
              ))}
            </Stack>
          )}
        </Paged>
      </Paper>
      <Modal opened={making} onClose={() => setMaking(false)} title={t('people.addKey')} centered>
        <ApiKeyForm
          onMade={(key) => {
            setMaking(false);
            setMade(key);
          }}
        />
      </Modal>
      {made !== undefined && (
        <Modal opened onClose={() => setMade(undefined)} title={t('people.keyTitle')} centered>
          <Secret text={t('people.keyText')} note="" secret={made} copy={t('people.copyKey')} />
        </Modal>
      )}
      {revoked && <RevokeKey apiKey={revoked} onClose={() => setRevoked(undefined)} />}
    </>
  );
}

function KeyLine({ apiKey, revoke }: { apiKey: ApiKey; revoke: () => void }) {
  const { t } = useTranslation();
  const now = useNow();
  const isOver = apiKey.expiresAt !== null && Date.parse(apiKey.expiresAt) <= now;
  const isValid = apiKey.revokedAt === null && !isOver;
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" data-testid="key-row">
      <Stack gap={4} flex={1} miw={0}>
        <Group gap="xs">
          <Text size="sm" fw={600} {...(isValid ? {} : { c: 'dimmed' })}>
            {apiKey.name}
          </Text>
          {apiKey.role !== null && (
            <Badge size="sm" variant="light" miw="max-content">
              {t(`people.role_${apiKey.role}`)}
            </Badge>
          )}
          {!isValid && (
            <Badge
              size="sm"
              color={apiKey.revokedAt === null ? 'gray' : 'red'}
              variant="light"
              miw="max-content"
            >
              {t(apiKey.revokedAt === null ? 'people.ended' : 'people.revoked')}
            </Badge>
          )}
        </Group>
        {apiKey.scopes !== null && (
          <Text size="xs" ff="monospace">
            {apiKey.scopes.join(' · ')}
          </Text>
        )}
        <Text size="xs" c="dimmed" component="div">
          {apiKey.owner === null ? t('people.program') : t('people.owner', { name: apiKey.owner.name })}
          {' · '}
          {t('people.lastUsed')}: <TimeAgo at={apiKey.lastUsedAt} size="xs" />
          {isValid && ' · '}
          {isValid && <KeyEnd expiresAt={apiKey.expiresAt} />}
        </Text>
      </Stack>
      {isValid && (
        <Button size="compact-xs" variant="default" miw="max-content" onClick={revoke}>
          {t('people.revoke')}
        </Button>
      )}
    </Group>
  );
}

function KeyEnd({ expiresAt }: { expiresAt: string | null }) {
  const { t, i18n } = useTranslation();
  return expiresAt === null
    ? t('people.endsNever')
    : t('people.endsAt', { time: new Date(expiresAt).toLocaleDateString(i18n.language) });
}

function RevokeKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const revoke = useRevokeApiKey();
  return (
    <Confirm
      title={t('people.revokeTitle', { name: apiKey.name })}
      text={t('people.revokeText')}
      action={t('people.revoke')}
      change={revoke}
      onConfirm={() => revoke.mutate(apiKey.id, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
