import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queries } from '../api/queries.ts';
import {
  useWorkOrderStep,
  type WorkOrder,
  type WorkOrderStep,
  workOrderQueries,
} from '../api/work-orders.ts';
import { ChangeTrouble } from '../components/change-trouble.tsx';

/** What can be done now; scheduling and completing ask for more. */
export function WorkOrderSteps({ item }: { item: WorkOrder }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<'schedule' | 'complete'>();
  const take = useWorkOrderStep(item);
  const session = useQuery(queries.session());
  const may = (step: WorkOrderStep) =>
    session.data?.user.permissions.includes(step === 'post' ? 'work-orders:manage' : 'work-orders:write');
  const close = () => setAsked(undefined);
  const submit = (step: WorkOrderStep, details: object) =>
    take.mutate({ step, details }, { onSuccess: close });
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        {item.possibleSteps.filter(may).map((step) => (
          <Button
            key={step}
            variant={step === 'complete' || step === 'start' ? 'filled' : 'default'}
            {...(step === 'complete' ? { color: 'green' } : {})}
            size="sm"
            loading={take.isPending && take.variables.step === step}
            data-testid={`step-${step}`}
            onClick={() => (step === 'schedule' || step === 'complete' ? setAsked(step) : submit(step, {}))}
          >
            {t(`workOrders.step.${step}`)}
          </Button>
        ))}
      </Group>
      {asked === undefined && <ChangeTrouble change={take} />}
      <Modal
        opened={asked !== undefined}
        onClose={close}
        title={asked && t(`workOrders.step.${asked}`)}
        centered
      >
        {asked === 'schedule' && <ScheduleForm onSubmit={(visit) => submit('schedule', visit)} take={take} />}
        {asked === 'complete' && (
          <CompleteForm onSubmit={(outcome) => submit('complete', outcome)} take={take} />
        )}
      </Modal>
    </Stack>
  );
}

type Take = ReturnType<typeof useWorkOrderStep>;

/** An hour from the next full one on, in the viewer's own time, as the input wants it. */
function firstVisit(): { from: string; until: string } {
  const local = (hours: number) => {
    const time = new Date();
    time.setMinutes(0, 0, 0);
    time.setHours(time.getHours() + hours);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  };
  return { from: local(1), until: local(2) };
}

function ScheduleForm({ onSubmit, take }: { onSubmit: (visit: object) => void; take: Take }) {
  const { t } = useTranslation();
  const technicians = useQuery(workOrderQueries.technicians());
  const [technicianId, setTechnicianId] = useState<string | null>(null);
  const [visit, setVisit] = useState(firstVisit);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit({
          technicianId,
          from: new Date(visit.from).toISOString(),
          until: new Date(visit.until).toISOString(),
        });
      }}
    >
      <Stack>
        <Select
          label={t('workOrders.technician')}
          required
          searchable
          data={technicians.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={technicianId}
          onChange={setTechnicianId}
        />
        <TextInput
          type="datetime-local"
          label={t('workOrders.from')}
          required
          value={visit.from}
          onChange={(event) => setVisit({ ...visit, from: event.currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          label={t('workOrders.until')}
          required
          value={visit.until}
          onChange={(event) => setVisit({ ...visit, until: event.currentTarget.value })}
        />
        <ChangeTrouble change={take} />
        <Group justify="flex-end">
          <Button
            type="submit"
            loading={take.isPending}
            disabled={technicianId === null}
            data-testid="confirm-schedule"
          >
            {t('workOrders.step.schedule')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function CompleteForm({ onSubmit, take }: { onSubmit: (outcome: object) => void; take: Take }) {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit({ outcome });
      }}
    >
      <Stack>
        <Textarea
          label={t('workOrders.outcome')}
          description={t('workOrders.outcomeHint')}
          name="outcome"
          required
          autosize
          minRows={3}
          maxLength={10_000}
          data-autofocus
          value={outcome}
          onChange={(event) => setOutcome(event.currentTarget.value)}
        />
        <ChangeTrouble change={take} />
        <Group justify="flex-end">
          <Button color="green" type="submit" loading={take.isPending} data-testid="confirm-complete">
            {t('workOrders.step.complete')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
