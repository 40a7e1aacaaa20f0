import { Button, Code, CopyButton, Group, Paper, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ConnectionProgress, type NewConnection, queries, useConnectDevice } from '../api/queries.ts';
import type { Gateway, Registration } from '../api/types.ts';
import { AllowedPage } from '../components/allowed.tsx';
import { DetailList } from '../components/detail-list.tsx';
import { useMay } from '../components/may.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Trouble } from '../components/states.tsx';
import { ConnectCustomer, NobodyToTell } from './connect-contact.tsx';

const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export function ConnectPage() {
  const { t } = useTranslation();
  const connect = useConnectDevice();
  const [progress] = useState<ConnectionProgress>({});
  return (
    <>
      <PageTitle title={t('connect.title')} sub={t('connect.intro')} />
      {connect.data ? (
        <Connected registration={connect.data} />
      ) : (
        <AllowedPage to={['devices:write', 'assets:write']}>
          <ConnectForm
            submit={(input) => connect.mutate({ ...input, progress })}
            pending={connect.isPending}
            error={connect.error}
          />
        </AllowedPage>
      )}
    </>
  );
}

function ConnectForm(props: {
  submit: (input: NewConnection) => void;
  pending: boolean;
  error: Error | null;
}) {
  const { t } = useTranslation();
  const accounts = useQuery(queries.accounts());
  const categories = useQuery(queries.categories());
  const gateways = useQuery(queries.gateways());
  const [input, setInput] = useState<NewConnection>({
    accountId: null,
    accountName: '',
    assetName: '',
    deviceId: '',
    categoryId: '',
    gatewayId: '',
    contact: null,
  });
  const mayAddCustomers = useMay('accounts:write');
  const firstAccount = accounts.data?.items[0]?.id ?? null;
  const accountId = mayAddCustomers ? input.accountId : (input.accountId ?? firstAccount);
  const set = (change: Partial<NewConnection>) => setInput((current) => ({ ...current, ...change }));
  const gatewayId = input.gatewayId || (gateways.data?.items[0]?.id ?? '');
  const choices = (items: { id: string; name: string }[] | undefined) =>
    (items ?? []).map((item) => ({ value: item.id, label: item.name }));
  const failure = props.error ?? accounts.error ?? categories.error ?? gateways.error;
  return (
    <Paper
      withBorder
      p="md"
      maw={520}
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        props.submit({ ...input, accountId, gatewayId });
      }}
    >
      <Stack>
        <ConnectCustomer accountId={accountId} input={input} set={set} />
        <TextInput
          label={t('connect.assetName')}
          required
          maxLength={200}
          value={input.assetName}
          onChange={(event) => set({ assetName: event.currentTarget.value })}
        />
        <TextInput
          label={t('connect.deviceId')}
          description={t('connect.deviceIdHint')}
          required
          pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
          error={input.deviceId !== '' && !slugPattern.test(input.deviceId) && t('connect.deviceIdWrong')}
          value={input.deviceId}
          onChange={(event) => set({ deviceId: event.currentTarget.value })}
        />
        <Select
          label={t('connect.category')}
          required
          data={choices(categories.data?.items)}
          value={input.categoryId || null}
          onChange={(value) => set({ categoryId: value ?? '' })}
        />
        {categories.data?.items.length === 0 && (
          <Text size="sm">
            {t('connect.needCategory')} <Link to="/categories/new">{t('categories.add')}</Link>
          </Text>
        )}
        <Select
          label={t('connect.gateway')}
          required
          data={choices(gateways.data?.items)}
          value={gatewayId || null}
          onChange={(value) => set({ gatewayId: value ?? '' })}
        />
        {failure && <Trouble error={failure} />}
        <Group justify="flex-end">
          <Button type="submit" loading={props.pending}>
            {t('connect.submit')}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

type Broker = Gateway['mqtt'] | undefined;

/** A gateway that reaches the cloud at its own machine is on the machine of this console's server. */
function hostOf(broker: Broker): string {
  const isLocal = !broker || /^(?:127\.|::1$|::ffff:127\.|localhost$)/.test(broker.host);
  return isLocal ? location.hostname : broker.host.replace(/^::ffff:/, '');
}

/** What the gateway said of its broker; before it has, the port that brokers usually have. */
function brokerOptions(broker: Broker): string {
  return broker && broker.port === null
    ? `-h ${hostOf(broker)} -p ${broker.tlsPort} --cafile CA.pem`
    : `-h ${hostOf(broker)} -p ${broker?.port ?? 1883}`;
}

function Connected({ registration }: { registration: Registration }) {
  const { t } = useTranslation();
  const { device, mqtt } = registration;
  const gateways = useQuery(queries.gateways());
  const broker = gateways.data?.items.find(({ id }) => id === device.gatewayId)?.mqtt;
  const signal = registration.device.category.signals[0]?.name ?? 'temperature';
  const example = [
    `mosquitto_pub ${brokerOptions(broker)} -q 1 -u ${mqtt.username} -P '${mqtt.password}' \\`,
    `  -t devices/${device.id}/telemetry -m '{"${signal}": 21.5}'`,
  ].join('\n');
  return (
    <Panel title={t('connect.doneTitle', { name: device.name })}>
      <Stack maw={720}>
        <DetailList
          entries={[
            [t('connect.broker'), broker ? `${hostOf(broker)}:${broker.port ?? broker.tlsPort}` : null],
            [t('connect.username'), <Code key="user">{mqtt.username}</Code>],
            [
              t('connect.password'),
              <Code key="password" data-testid="mqtt-password">
                {mqtt.password}
              </Code>,
            ],
          ]}
        />
        {device.accountId !== null && <NobodyToTell accountId={device.accountId} />}
        <Text size="sm">{t('connect.doneText')}</Text>
        <Code block>{example}</Code>
        <Group>
          <CopyButton value={example}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? t('common.copied') : t('common.copy')}
              </Button>
            )}
          </CopyButton>
          <Button component={Link} to={`/devices/${device.id}`}>
            {t('connect.openDevice')}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
