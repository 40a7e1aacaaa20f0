import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTool } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Case } from '../api/types.ts';
import { useMakeWorkOrder, workOrderQueries } from '../api/work-orders.ts';
import { Panel } from '../components/panel.tsx';
import { Trouble } from '../components/states.tsx';
import { WorkOrderBadge } from '../components/work-order-table.tsx';

/** Makes a work order of the case and goes to it. */
export function SendTechnicianButton({ item }: { item: Case }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [opened, { open, close }] = useDisclosure();
  const [what, setWhat] = useState('');
  const make = useMakeWorkOrder();
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconTool size={16} />}
        onClick={open}
        data-testid="send-technician"
      >
        {t('workOrders.send')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('workOrders.sendAsk', { number: item.number })}
        centered
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate(
              {
                caseId: item.id,
                title: item.title,
                ...(what.trim() === '' ? {} : { description: what }),
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
            {make.error && <Trouble error={make.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('common.cancel')}
              </Button>
              <Button type="submit" loading={make.isPending} data-testid="confirm-send">
                {t('workOrders.send')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
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
