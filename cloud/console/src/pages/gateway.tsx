import { Badge, Button, Group, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type ConfigurationVersionSummary,
  configurationQueries,
  type GatewayConfiguration,
  useCheckConfiguration,
  useConfirmConfiguration,
  usePushConfiguration,
  versionText,
} from '../api/gateway-configuration.ts';
import { queries } from '../api/queries.ts';
import { Allowed } from '../components/allowed.tsx';
import { ConnectionBadge } from '../components/badges.tsx';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { Difference } from '../components/difference.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TextEditor } from '../components/text-editor.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';
import { GatewayRegistry } from './gateway-registry.tsx';

export function GatewayPage() {
  const { gatewayId = '' } = useParams({ strict: false });
  const gateway = useQuery(configurationQueries.gateway(gatewayId));
  const configuration = useQuery(configurationQueries.state(gatewayId));
  return (
    <Loaded query={gateway}>
      {({ name, id, connected, lastSeenAt }) => (
        <>
          <PageTitle
            title={name}
            sub={
              <Group gap="xs">
                {id} <ConnectionBadge connected={connected} /> <TimeAgo at={lastSeenAt} />
              </Group>
            }
          />
          <Loaded query={configuration}>
            {(state) => (
              <Stack>
                <StatePanel state={state} />
                <EditorPanel state={state} key={state.id} />
                <HistoryPanel gatewayId={id} />
                <GatewayRegistry gatewayId={id} />
              </Stack>
            )}
          </Loaded>
        </>
      )}
    </Loaded>
  );
}

const stateColor: Record<ConfigurationVersionSummary['state'], string> = {
  pending: 'gray',
  applied: 'yellow',
  confirmed: 'green',
  reverted: 'red',
  refused: 'red',
  superseded: 'gray',
};

function StateBadge({ state }: { state: ConfigurationVersionSummary['state'] }) {
  const { t } = useTranslation();
  return (
    <Badge color={stateColor[state]} miw="max-content" data-state={state}>
      {t(`gateway.state_${state}`)}
    </Badge>
  );
}

/** What is wanted, what runs, and in what they differ. */
function StatePanel({ state }: { state: GatewayConfiguration }) {
  const { t } = useTranslation();
  const { wanted, running } = state;
  const differs = wanted && running?.text != null && running.text !== wanted.text;
  // A text that holds a secret stays at the gateway, and cannot be compared.
  const isHidden = wanted && running?.text === null && running.number !== wanted.number;
  return (
    <Panel title={t('gateway.configuration')}>
      <Stack gap="xs">
        <Text size="sm">
          {running
            ? t('gateway.runs', {
                what: running.number === null ? t(`gateway.from_${running.source}`) : `#${running.number}`,
              })
            : t('gateway.unknown')}{' '}
          {running && <TimeAgo at={running.at} />}
        </Text>
        {wanted && (
          <Group gap="xs">
            <Text size="sm">{t('gateway.wanted', { number: wanted.number })}</Text>
            <StateBadge state={wanted.state} />
            <Text size="sm" c="dimmed">
              {wanted.reason}
            </Text>
          </Group>
        )}
        {wanted?.state === 'applied' && (
          <Allowed to="gateways:write">
            <ConfirmButton gatewayId={state.id} number={wanted.number} />
          </Allowed>
        )}
        {isHidden && <Text size="sm">{t('registry.hiddenConfiguration')}</Text>}
        {differs && running.text !== null && <Difference before={running.text} after={wanted.text} />}
      </Stack>
    </Panel>
  );
}

function ConfirmButton({ gatewayId, number }: { gatewayId: string; number: number }) {
  const { t } = useTranslation();
  const confirm = useConfirmConfiguration(gatewayId);
  return (
    <>
      <Button w="max-content" loading={confirm.isPending} onClick={() => confirm.mutate(number)}>
        {t('gateway.confirm')}
      </Button>
      {confirm.error && <Trouble error={confirm.error} />}
    </>
  );
}

/** Writing the next one. */
function EditorPanel({ state }: { state: GatewayConfiguration }) {
  const { t } = useTranslation();
  const session = useQuery(queries.session());
  const mayWrite = session.data?.user.permissions.includes('gateways:write') ?? false;
  const present = state.wanted?.text ?? state.running?.text ?? `gateway: { id: ${state.id} }\n`;
  const [draft, setDraft] = useState<string>();
  const [confirmedBy, setConfirmedBy] = useState<'health' | 'person'>('health');
  const [checkId, setCheckId] = useState('');
  const check = useCheckConfiguration(state.id);
  const push = usePushConfiguration(state.id);
  const found = useQuery(configurationQueries.check(state.id, checkId));
  const text = draft ?? present;
  // Mistakes that the gateway found count as long as the text is the one that was checked.
  const result = check.variables === text ? (found.data ?? check.data) : undefined;
  const ask = async () => {
    const answer = await check.mutateAsync(text);
    setCheckId(answer.state === 'waiting' ? answer.id : '');
    return answer;
  };
  const send = async () => {
    const answer = await ask();
    if (answer.mistakes.length === 0) {
      await push.mutateAsync({ text, confirmedBy, version: state.version });
      setDraft(undefined);
    }
  };
  return (
    <Panel title={t('gateway.edit')}>
      <Stack gap="sm">
        <TextEditor
          label={t('gateway.edit')}
          text={text}
          onChange={setDraft}
          mistakes={result?.mistakes ?? []}
          readOnly={!mayWrite}
        />
        {result?.state === 'waiting' && <Text size="sm">{t('gateway.asking')}</Text>}
        {result?.state === 'answered' && result.mistakes.length === 0 && (
          <Text size="sm" data-testid="findings">
            {result.changes.length === 0 ? t('gateway.noChange') : result.changes.join('; ')}
          </Text>
        )}
        {check.error && <Trouble error={check.error} />}
        <ChangeTrouble change={push} />
        {mayWrite && (
          <Group gap="xs">
            <SegmentedControl
              value={confirmedBy}
              onChange={(value) => setConfirmedBy(value === 'person' ? 'person' : 'health')}
              data={[
                { value: 'health', label: t('gateway.byHealth') },
                { value: 'person', label: t('gateway.byPerson') },
              ]}
            />
            <Button
              variant="default"
              loading={check.isPending}
              onClick={() => void ask().catch(() => undefined)}
            >
              {t('gateway.check')}
            </Button>
            <Button loading={push.isPending} onClick={() => void send().catch(() => undefined)}>
              {t('gateway.push')}
            </Button>
            {draft !== undefined && (
              <Button variant="subtle" onClick={() => setDraft(undefined)}>
                {t('gateway.discard')}
              </Button>
            )}
          </Group>
        )}
        <Text size="xs" c="dimmed">
          {t('gateway.secrets')}
        </Text>
      </Stack>
    </Panel>
  );
}

function HistoryPanel({ gatewayId }: { gatewayId: string }) {
  const { t } = useTranslation();
  const versions = useQuery(configurationQueries.versions(gatewayId));
  const [shown, setShown] = useState<{ number: number; text: string }>();
  return (
    <Panel title={t('gateway.history')}>
      <Loaded query={versions}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('gateway.noHistory')} />
          ) : (
            <WideTable minWidth={420}>
              <Table.Tbody>
                {items.map((version) => (
                  <Table.Tr key={version.number}>
                    <Table.Td>
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        onClick={async () => setShown(await versionText(gatewayId, version.number))}
                      >
                        #{version.number}
                      </Button>
                    </Table.Td>
                    <Table.Td>
                      <StateBadge state={version.state} />
                    </Table.Td>
                    <Table.Td>
                      <Text size="sm">{version.reason ?? version.changes.join('; ')}</Text>
                    </Table.Td>
                    <Table.Td>
                      <TimeAgo at={version.stateAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </WideTable>
          )
        }
      </Loaded>
      {shown && (
        <>
          <Text size="sm" fw={600} mt="sm">
            #{shown.number}
          </Text>
          <pre className="diff">{shown.text}</pre>
        </>
      )}
    </Panel>
  );
}
