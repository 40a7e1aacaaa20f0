import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTool } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { incidentTypes, priorities } from '../api/escalation-policy.ts';
import { useMakeWorkOrder, type WorkOrderCause, workOrderQueries } from '../api/work-orders.ts';
import { Panel } from '../components/panel.tsx';
import { Trouble } from '../components/states.tsx';
import { WorkOrderBadge } from '../components/work-order-table.tsx';

/** Makes a work order of a case or an alert and goes to it. */
export function SendTechnicianButton(props: {
  cause: WorkOrderCause;
  title: string;
  asks: string;
  size?: 'xs';
}) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button
        variant="default"
        {...(props.size ? { size: props.size } : { leftSection: <IconTool size={16} /> })}
        onClick={open}
        data-testid="send-technician"
      >
        {t('workOrders.send')}
      </Button>
      <Modal opened={opened} onClose={close} title={props.asks} centered>
        <SendForm cause={props.cause} title={props.title} onCancel={close} />
      </Modal>
    </>
  );
}

function SendForm(props: { cause: WorkOrderCause; title: string; onCancel: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const types = useQuery(incidentTypes());
  const [what, setWhat] = useState('');
  const [typeId, setTypeId] = useState<string | null>(null);
  const [priority, setPriority] = useState<string | null>(null);
  const make = useMakeWorkOrder();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate(
          {
            ...props.cause,
            title: props.title,
            ...(what.trim() === '' ? {} : { description: what }),
            ...(typeId === null ? {} : { incidentTypeId: typeId }),
            ...(priority === null ? {} : { priority }),
          },
          {
            onSuccess: (made) =>
              void navigate({ to: '/work-orders/$workOrderId', params: { workOrderId: made.id } }),
          },
        );
      }}
    >
      <Stack>
        <Textarea
          label={t('workOrders.what')}
          name="what"
          autosize
          minRows={3}
          maxLength={10_000}
          data-autofocus
          value={what}
          onChange={(event) => setWhat(event.currentTarget.value)}
        />
        <Select
          label={t('workOrders.incidentType')}
          placeholder={t('common.none')}
          clearable
          data={(types.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={typeId}
          onChange={setTypeId}
        />
        <Select
          label={t('workOrders.priority')}
          placeholder={typeId === null ? t('priority.normal') : t('workOrders.byType')}
          clearable
          data={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))}
          value={priority}
          onChange={setPriority}
        />
        {make.error && <Trouble error={make.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onCancel}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={make.isPending} data-testid="confirm-send">
            {t('workOrders.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Nothing where there are none. */
export function WorkOrdersOfCase({ caseId }: { caseId: string }) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(workOrderQueries.pages({ caseId }));
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) {
    return null;
  }
  return (
    <Panel title={t('workOrders.title')}>
      <Stack gap="xs">
        {items.map((item) => (
          <Group key={item.id} justify="space-between">
            <Link to="/work-orders/$workOrderId" params={{ workOrderId: item.id }}>
              <Text size="sm" fw={600} className="number">
                {item.number}
              </Text>
            </Link>
            <WorkOrderBadge status={item.status} />
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
