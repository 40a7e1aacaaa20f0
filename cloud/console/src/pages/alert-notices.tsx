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
          {rule.categoryId ?? t('quiet.anyCategory')}
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

function RuleForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const add = useAddNoticeRule();
  const contacts = useQuery(quietQueries.contacts());
  const categories = useQuery(queries.categories());
  const [input, setInput] = useState<NoticeRuleInput>({
    name: '',
    categoryId: null,
    severityMin: 'MAJOR',
    contactId: null,
    channel: 'sms',
    waitSeconds: 5,
  });
  const change = (part: Partial<NoticeRuleInput>) => setInput((before) => ({ ...before, ...part }));
  return (
    <Stack>
      <TextInput
        label={t('quiet.name')}
        required
        value={input.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Select
        label={t('quiet.category')}
        placeholder={t('quiet.anyCategory')}
        clearable
        value={input.categoryId}
        onChange={(categoryId) => change({ categoryId })}
        data={categories.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      />
      <Select
        label={t('quiet.severityMin')}
        allowDeselect={false}
        value={input.severityMin}
        onChange={(severityMin) => change({ severityMin: severityMin ?? 'MAJOR' })}
        data={severities.map((severity) => ({ value: severity, label: t(`severity.${severity}`) }))}
      />
      <Select
        label={t('quiet.person')}
        required
        searchable
        value={input.contactId}
        onChange={(contactId) => change({ contactId })}
        data={
          contacts.data?.items.map(({ id, fullName, accountName }) => ({
            value: id,
            label: `${fullName}, ${accountName}`,
          })) ?? []
        }
      />
      <Select
        label={t('quiet.channel')}
        allowDeselect={false}
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
          disabled={input.name.trim() === '' || input.contactId === null}
          loading={add.isPending}
          onClick={() => add.mutate(input, { onSuccess: onDone })}
        >
          {t('quiet.save')}
        </Button>
      </Group>
    </Stack>
  );
}
