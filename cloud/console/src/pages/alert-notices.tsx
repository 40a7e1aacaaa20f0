import { Badge, Button, Group, Modal, Paper, Table, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type NoticeRule, quietQueries, useRemoveNoticeRule } from '../api/alert-quiet.ts';
import { AlertsNav } from '../components/alerts-nav.tsx';
import { SeverityBadge } from '../components/badges.tsx';
import { useMay } from '../components/may.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded, Trouble } from '../components/states.tsx';
import { WideTable } from '../components/wide-table.tsx';
import { NoticeRuleForm } from './alert-notice-form.tsx';

export function AlertNoticesPage() {
  const { t } = useTranslation();
  const rules = useQuery(quietQueries.noticeRules());
  const may = useMay('alerts:manage');
  const [edited, setEdited] = useState<NoticeRule | 'new' | null>(null);
  const close = () => setEdited(null);
  return (
    <>
      <PageTitle title={t('quiet.nav_notices')} sub={t('quiet.noticesIntro')}>
        {may && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>
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
              <WideTable verticalSpacing="xs">
                <Table.Tbody>
                  {items.map((rule) => (
                    <RuleRow key={rule.id} rule={rule} may={may} edit={() => setEdited(rule)} />
                  ))}
                </Table.Tbody>
              </WideTable>
            )
          }
        </Loaded>
      </Paper>
      <Modal
        opened={edited !== null}
        onClose={close}
        title={edited === 'new' ? t('quiet.addNotice') : t('quiet.editNotice')}
        centered
      >
        {edited !== null && <NoticeRuleForm rule={edited === 'new' ? undefined : edited} onSaved={close} />}
      </Modal>
    </>
  );
}

function RuleRow({ rule, may, edit }: { rule: NoticeRule; may: boolean; edit: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveNoticeRule();
  return (
    <Table.Tr data-testid="notice-rule">
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" fw={600} {...(rule.enabled ? {} : { c: 'dimmed' })}>
            {rule.name}
          </Text>
          {!rule.enabled && (
            <Badge size="sm" variant="light" color="gray" miw="max-content">
              {t('quiet.noticeDisabled')}
            </Badge>
          )}
        </Group>
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
          <Group gap="xs" wrap="nowrap" justify="flex-end">
            <Button size="compact-xs" variant="default" onClick={edit} data-testid="edit-notice-rule">
              {t('customers.edit')}
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              loading={remove.isPending}
              onClick={() => remove.mutate(rule.id)}
            >
              {t('quiet.remove')}
            </Button>
          </Group>
        )}
        {remove.error && <Trouble error={remove.error} />}
      </Table.Td>
    </Table.Tr>
  );
}
