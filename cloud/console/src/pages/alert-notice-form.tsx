import { NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type NoticeRule, type NoticeRuleInput, useSaveNoticeRule } from '../api/alert-quiet.ts';
import { accountChoices, contactChoices, ofKind } from '../api/choices.ts';
import { queries } from '../api/queries.ts';
import { workOrderQueries } from '../api/work-orders.ts';
import { useEdited } from '../components/edited.ts';
import { SaveRow } from '../components/save-row.tsx';
import { SearchingSelect } from '../components/searching-select.tsx';

const severities = ['CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE'];
/** What the cloud itself watches gateways by; they are of no category. */
const gatewayDown = 'gateway-down';

/** What only makes sense together is kept together, where somebody else changed a part of it. */
interface Draft extends Omit<NoticeRuleInput, 'categoryId' | 'rule' | 'contactId' | 'userId' | 'channel'> {
  of: Pick<NoticeRuleInput, 'categoryId' | 'rule'>;
  to: Pick<NoticeRuleInput, 'contactId' | 'userId' | 'channel'>;
}

const toDraft = (rule: NoticeRule | undefined): Draft => ({
  name: rule?.name ?? '',
  of: { categoryId: rule?.categoryId ?? null, rule: rule?.rule ?? null },
  accountId: rule?.accountId ?? null,
  severityMin: rule?.severityMin ?? 'MAJOR',
  to: {
    contactId: rule?.contactId ?? null,
    userId: rule?.userId ?? null,
    channel: rule?.channel ?? 'sms',
  },
  waitSeconds: rule?.waitSeconds ?? 5,
  enabled: rule?.enabled ?? true,
});

/** Makes a rule of who is told, or edits the one that is given. */
export function NoticeRuleForm({ rule, onSaved }: { rule: NoticeRule | undefined; onSaved: () => void }) {
  const { t } = useTranslation();
  const save = useSaveNoticeRule();
  const edited = useEdited(rule, toDraft, `/v1/alert-notice-rules/${rule?.id}`);
  const { input, set: change } = edited;
  const isOfUser = input.to.userId !== null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const { of, to, ...rest } = input;
        save.mutate(
          { id: rule?.id, version: edited.base?.version, input: { ...rest, ...of, ...to } },
          { onSuccess: onSaved },
        );
      }}
    >
      <Stack>
        <TextInput
          label={t('quiet.name')}
          required
          maxLength={200}
          data-autofocus
          value={input.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <WhichAlerts input={input} change={change} />
        <Person to={input.to} change={(to) => change({ to })} former={edited.base} />
        <Select
          label={t('quiet.channel')}
          allowDeselect={false}
          disabled={isOfUser}
          description={isOfUser ? t('quiet.emailAlone') : undefined}
          value={input.to.channel}
          onChange={(channel) =>
            change({ to: { ...input.to, channel: channel === 'email' ? 'email' : 'sms' } })
          }
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
        <Switch
          label={t('quiet.noticeEnabled')}
          checked={input.enabled}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}

function WhichAlerts({ input, change }: { input: Draft; change: (part: Partial<Draft>) => void }) {
  const { t } = useTranslation();
  const categories = useQuery(queries.categories());
  const category = categories.data?.items.find(({ id }) => id === input.of.categoryId);
  const rules =
    input.of.categoryId === null
      ? [{ value: gatewayDown, label: t('quiet.gatewayDown') }]
      : (category?.rules.map(({ name }) => ({ value: name, label: name })) ?? []);
  return (
    <>
      <Select
        label={t('quiet.category')}
        placeholder={t('quiet.anyCategory')}
        clearable
        value={input.of.categoryId}
        onChange={(categoryId) => change({ of: { categoryId, rule: null } })}
        data={categories.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      />
      <Select
        label={t('quiet.rule')}
        placeholder={t('quiet.anyRule')}
        clearable
        searchable
        value={input.of.rule}
        onChange={(rule) => change({ of: { ...input.of, rule } })}
        data={rules}
      />
      <SearchingSelect
        label={t('quiet.customer')}
        placeholder={t('quiet.anyCustomer')}
        clearable
        choices={accountChoices()}
        value={input.accountId}
        onChange={(accountId) => change({ accountId })}
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

const contacts = ofKind('contact:', contactChoices());

/** A colleague or a customer's contact; colleagues have an email address alone. */
function Person(props: {
  to: Draft['to'];
  change: (to: Draft['to']) => void;
  former: NoticeRule | undefined;
}) {
  const { t } = useTranslation();
  const people = useQuery(workOrderQueries.technicians());
  const { to, former } = props;
  const colleagues = people.data?.items.map(({ id, name }) => ({ value: `user:${id}`, label: name })) ?? [];
  // A rule may name somebody who would not be offered now.
  if (former?.userId && !colleagues.some(({ value }) => value === `user:${former.userId}`)) {
    colleagues.push({ value: `user:${former.userId}`, label: former.personName });
  }
  const ofContact = to.contactId === null ? null : `contact:${to.contactId}`;
  return (
    <SearchingSelect
      label={t('quiet.person')}
      required
      choices={contacts}
      known={colleagues}
      groups={[t('quiet.colleagues'), t('quiet.contacts')]}
      value={to.userId === null ? ofContact : `user:${to.userId}`}
      onChange={(person) => {
        const [kind, id = null] = person?.split(':') ?? [];
        const isColleague = kind === 'user';
        props.change({
          userId: isColleague ? id : null,
          contactId: isColleague ? null : id,
          channel: isColleague ? 'email' : to.channel,
        });
      }}
    />
  );
}
