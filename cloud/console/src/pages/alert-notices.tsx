import {
  Button,
  Group,
  Modal,
  NumberInput,
  Paper,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type NoticeRule,
  type NoticeRuleInput,
  quietQueries,
  useAddNoticeRule,
  useRemoveNoticeRule,
} from '../api/alert-quiet.ts';
import { queries } from '../api/queries.ts';
import { workOrderQueries } from '../api/work-orders.ts';
import { AlertsNav } from '../components/alerts-nav.tsx';
import { SeverityBadge } from '../components/badges.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';

export function AlertNoticesPage() {
  const { t } = useTranslation();
  const rules = useQuery(quietQueries.noticeRules());
  const session = useQuery(queries.session());
  const may = session.data?.user.permissions.includes('alerts:manage') ?? false;
  const [adding, setAdding] = useState(false);
  return (
    <>
      <PageTitle title={t('quiet.nav_notices')} sub={t('quiet.noticesIntro')}>
        {may && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t('quiet.addNotice')}
          </Button>
        )}
      </PageTitle>
      <AlertsNav />
      <Paper withBorder p="md">
        <Loaded query={rules}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t('quiet.noNotices')} text={t('quiet.noNoticesText')} />
            ) : (
              <Table.ScrollContainer minWidth={520}>
                <Table verticalSpacing="xs">
                  <Table.Tbody>
                    {items.map((rule) => (
                      <RuleRow key={rule.id} rule={rule} may={may} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )
          }
        </Loaded>
      </Paper>
      <Modal opened={adding} onClose={() => setAdding(false)} title={t('quiet.addNotice')} centered>
        <RuleForm onDone={() => setAdding(false)} />
      </Modal>
    </>
  );
}

function RuleRow({ rule, may }: { rule: NoticeRule; may: boolean }) {
  const { t } = useTranslation();
  const remove = useRemoveNoticeRule();
  return (
    <Table.Tr data-testid="notice-rule">
      <Table.Td>
        <Text size="sm" fw={600}>
          {rule.name}
        </Text>
        <Text size="xs" c="dimmed">
          {[rule.categoryId ?? t('quiet.anyCategory'), rule.rule].filter((part) => part !== null).join(' · ')}
        </Text>
      </Table.Td>
      <Table.Td w={1}>
        <SeverityBadge severity={rule.severityMin} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{rule.personName}</Text>
        <Text size="xs" c="dimmed">
          {t(`quiet.channel_${rule.channel}`)}
        </Text>
      </Table.Td>
      <Table.Td w={1}>
        {may && (
          <Button
            size="compact-xs"
            variant="default"
            loading={remove.isPending}
            onClick={() => remove.mutate(rule.id)}
          >
            {t('quiet.remove')}
          </Button>
        )}
        {remove.error && <Trouble error={remove.error} />}
      </Table.Td>
    </Table.Tr>
  );
}

const severities = ['CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE'];
/** What the cloud itself watches gateways by; they are of no category. */
const gatewayDown = 'gateway-down';

function RuleForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const add = useAddNoticeRule();
  const [input, setInput] = useState<NoticeRuleInput>({
    name: '',
    categoryId: null,
    rule: null,
    accountId: null,
    severityMin: 'MAJOR',
    contactId: null,
    userId: null,
    channel: 'sms',
    waitSeconds: 5,
  });
  const change = (part: Partial<NoticeRuleInput>) => setInput((before) => ({ ...before, ...part }));
  const isOfUser = input.userId !== null;
  return (
    <Stack>
      <TextInput
        label={t('quiet.name')}
        required
        value={input.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <WhichAlerts input={input} change={change} />
      <Person input={input} change={change} />
      <Select
        label={t('quiet.channel')}
        allowDeselect={false}
        disabled={isOfUser}
        description={isOfUser ? t('quiet.emailAlone') : undefined}
        value={input.channel}
        onChange={(channel) => change({ channel: channel === 'email' ? 'email' : 'sms' })}
        data={[
          { value: 'sms', label: t('quiet.channel_sms') },
          { value: 'email', label: t('quiet.channel_email') },
        ]}
      />
      <NumberInput
        label={t('quiet.wait')}
        min={0}
        max={3600}
        allowDecimal={false}
        value={input.waitSeconds}
        onChange={(seconds) => change({ waitSeconds: Number(seconds) || 0 })}
      />
      {add.error && <Trouble error={add.error} />}
      <Group justify="flex-end">
        <Button
          disabled={input.name.trim() === '' || (input.contactId === null && !isOfUser)}
          loading={add.isPending}
          onClick={() => add.mutate(input, { onSuccess: onDone })}
        >
          {t('quiet.save')}
        </Button>
      </Group>
    </Stack>
  );
}

interface Fields {
  input: NoticeRuleInput;
  change: (part: Partial<NoticeRuleInput>) => void;
}

function WhichAlerts({ input, change }: Fields) {
  const { t } = useTranslation();
  const categories = useQuery(queries.categories());
  const accounts = useQuery(queries.accounts());
  const category = categories.data?.items.find(({ id }) => id === input.categoryId);
  const rules =
    input.categoryId === null
      ? [{ value: gatewayDown, label: t('quiet.gatewayDown') }]
      : (category?.rules.map(({ name }) => ({ value: name, label: name })) ?? []);
  return (
    <>
      <Select
        label={t('quiet.category')}
        placeholder={t('quiet.anyCategory')}
        clearable
        value={input.categoryId}
        onChange={(categoryId) => change({ categoryId, rule: null })}
        data={categories.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      />
      <Select
        label={t('quiet.rule')}
        placeholder={t('quiet.anyRule')}
        clearable
        searchable
        value={input.rule}
        onChange={(rule) => change({ rule })}
        data={rules}
      />
      <Select
        label={t('quiet.customer')}
        placeholder={t('quiet.anyCustomer')}
        clearable
        searchable
        limit={100}
        value={input.accountId}
        onChange={(accountId) => change({ accountId })}
        data={accounts.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      />
      <Select
        label={t('quiet.severityMin')}
        allowDeselect={false}
        value={input.severityMin}
        onChange={(severityMin) => change({ severityMin: severityMin ?? 'MAJOR' })}
        data={severities.map((severity) => ({ value: severity, label: t(`severity.${severity}`) }))}
      />
    </>
  );
}

/** A colleague or a customer's contact; colleagues have an email address alone. */
function Person({ input, change }: Fields) {
  const { t } = useTranslation();
  const contacts = useQuery(quietQueries.contacts());
  const people = useQuery(workOrderQueries.technicians());
  const colleagues = people.data?.items.map(({ id, name }) => ({ value: `user:${id}`, label: name })) ?? [];
  const customers =
    contacts.data?.items.map(({ id, fullName, accountName }) => ({
      value: `contact:${id}`,
      label: `${fullName}, ${accountName}`,
    })) ?? [];
  const chosen =
    input.userId !== null
      ? `user:${input.userId}`
      : input.contactId !== null
        ? `contact:${input.contactId}`
        : null;
  return (
    <Select
      label={t('quiet.person')}
      required
      searchable
      limit={100}
      value={chosen}
      onChange={(person) => {
        const [kind, id = null] = person?.split(':') ?? [];
        const isColleague = kind === 'user';
        change({
          userId: isColleague ? id : null,
          contactId: isColleague ? null : id,
          ...(isColleague ? { channel: 'email' } : {}),
        });
      }}
      data={[
        { group: t('quiet.colleagues'), items: colleagues },
        { group: t('quiet.contacts'), items: customers },
      ]}
    />
  );
}
