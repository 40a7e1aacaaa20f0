import {
  Badge,
  Button,
  Code,
  Grid,
  Group,
  Select,
  Stack,
  Table,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { assetChoices } from '../api/choices.ts';
import { queries } from '../api/queries.ts';
import {
  type IssuedClaim,
  registryQueries,
  useClaim,
  useIssueClaims,
  useRenewClaim,
  useWithdrawClaim,
} from '../api/registry.ts';
import { AllowedPage } from '../components/allowed.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Panel } from '../components/panel.tsx';
import { SearchingSelect } from '../components/searching-select.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { WideTable } from '../components/wide-table.tsx';

/** A device that was made elsewhere becomes an asset's by the code that came with it. */
export function DevicesClaimPage() {
  const { t } = useTranslation();
  const [issued, setIssued] = useState<IssuedClaim[]>([]);
  return (
    <>
      <PageTitle title={t('registry.claim')} sub={t('registry.claimIntro')} />
      <AllowedPage to={['devices:write']}>
        <Grid>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <ClaimPanel />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Stack>
              <IssuePanel onIssued={setIssued} />
              {issued.length > 0 && <IssuedPanel issued={issued} />}
              <WaitingPanel onIssued={setIssued} />
            </Stack>
          </Grid.Col>
        </Grid>
      </AllowedPage>
    </>
  );
}

function ClaimPanel() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const claim = useClaim();
  const gateways = useQuery(queries.gateways());
  const [code, setCode] = useState('');
  const [assetId, setAssetId] = useState<string | null>(null);
  const [gateway, setGateway] = useState<string | null>(null);
  const gatewayId = gateway ?? gateways.data?.items[0]?.id ?? null;
  return (
    <Panel title={t('registry.typeCode')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (assetId !== null && gatewayId !== null) {
            claim.mutate(
              { code, assetId, gatewayId },
              {
                onSuccess: ({ device }) =>
                  void navigate({ to: '/devices/$deviceId', params: { deviceId: device.id } }),
              },
            );
          }
        }}
      >
        <Stack>
          <TextInput
            label={t('registry.code')}
            description={t('registry.codeHint')}
            placeholder="7Q2M-K9XD-01HB-VWZ4"
            required
            maxLength={64}
            autoComplete="off"
            autoCapitalize="characters"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <SearchingSelect
            label={t('registry.asset')}
            required
            choices={assetChoices()}
            value={assetId}
            onChange={setAssetId}
          />
          <Select
            label={t('connect.gateway')}
            required
            data={(gateways.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={gatewayId}
            onChange={setGateway}
          />
          {claim.error && <Trouble error={claim.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={claim.isPending}>
              {t('registry.claimIt')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function IssuePanel({ onIssued }: { onIssued: (issued: IssuedClaim[]) => void }) {
  const { t } = useTranslation();
  const issue = useIssueClaims();
  const categories = useQuery(queries.categories());
  const [ids, setIds] = useState('');
  const [categoryId, setCategoryId] = useState<string | null>(null);
  return (
    <Panel title={t('registry.makeCodes')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (categoryId !== null) {
            const deviceIds = ids.split(/[\s,;]+/).filter((id) => id !== '');
            issue.mutate(
              { deviceIds, categoryId },
              {
                onSuccess: ({ items }) => {
                  onIssued(items);
                  setIds('');
                },
              },
            );
          }
        }}
      >
        <Stack>
          <Textarea
            label={t('registry.deviceIds')}
            description={t('registry.deviceIdsHint')}
            required
            autosize
            minRows={2}
            maxRows={8}
            value={ids}
            onChange={(event) => setIds(event.currentTarget.value)}
          />
          <Select
            label={t('connect.category')}
            required
            data={(categories.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={categoryId}
            onChange={setCategoryId}
          />
          {issue.error && <Trouble error={issue.error} />}
          <Group justify="flex-end">
            <Button type="submit" variant="default" loading={issue.isPending}>
              {t('registry.makeCodes')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

/** Shown this once. */
function IssuedPanel({ issued }: { issued: IssuedClaim[] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('registry.newCodes')}>
      <Text size="sm" mb="xs">
        {t('registry.shownOnce')}
      </Text>
      <WideTable minWidth={420} verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('connect.deviceId')}</Table.Th>
            <Table.Th>{t('registry.code')}</Table.Th>
            <Table.Th>{t('connect.password')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {issued.map((claim) => (
            <Table.Tr key={claim.deviceId} data-testid="issued-claim">
              <Table.Td>{claim.deviceId}</Table.Td>
              <Table.Td>
                <Code data-testid="claim-code">{claim.code}</Code>
              </Table.Td>
              <Table.Td>{claim.mqtt && <Code>{claim.mqtt.password}</Code>}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </Panel>
  );
}

const stateColor = { open: 'blue', expired: 'orange', claimed: 'green' } as const;

function WaitingPanel({ onIssued }: { onIssued: (issued: IssuedClaim[]) => void }) {
  const { t } = useTranslation();
  const claims = useQuery(registryQueries.claims());
  const renew = useRenewClaim();
  const withdraw = useWithdrawClaim();
  const trouble = renew.error ?? withdraw.error;
  return (
    <Panel title={t('registry.codes')}>
      {trouble && <Trouble error={trouble} />}
      <Loaded query={claims}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('registry.noCodes')} />
          ) : (
            <WideTable minWidth={420} verticalSpacing={4}>
              <Table.Tbody>
                {items.map((claim) => (
                  <Table.Tr key={claim.deviceId}>
                    <Table.Td>
                      <Text size="sm">{claim.deviceId}</Text>
                      <TimeAgo at={claim.expiresAt} />
                    </Table.Td>
                    <Table.Td>
                      <Badge size="sm" variant="light" miw="max-content" color={stateColor[claim.state]}>
                        {t(`registry.claim_${claim.state}`)}
                      </Badge>
                    </Table.Td>
                    <Table.Td>
                      {claim.state !== 'claimed' && (
                        <Group gap={4}>
                          <Button
                            size="compact-xs"
                            variant="default"
                            onClick={() =>
                              renew.mutate(claim.deviceId, { onSuccess: (renewed) => onIssued([renewed]) })
                            }
                          >
                            {t('registry.newCode')}
                          </Button>
                          <Button
                            size="compact-xs"
                            variant="default"
                            onClick={() => withdraw.mutate(claim.deviceId)}
                          >
                            {t('registry.withdraw')}
                          </Button>
                        </Group>
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </WideTable>
          )
        }
      </Loaded>
    </Panel>
  );
}
