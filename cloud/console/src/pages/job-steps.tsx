import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Job, type JobStep, useJobAgain, useJobStep } from '../api/jobs.ts';
import { queries } from '../api/queries.ts';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { Trouble } from '../components/states.tsx';

/** A draft for the devices that a job which has ended did not succeed at. */
function AgainButton({ job }: { job: Job }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const again = useJobAgain();
  if (job.possibleSteps.length > 0 || job.counts.failed + job.counts.skipped === 0) {
    return null;
  }
  return (
    <>
      <Button
        variant="default"
        loading={again.isPending}
        data-testid="job-again"
        onClick={() =>
          again.mutate(job.id, {
            onSuccess: ({ id }) => void navigate({ to: '/jobs/$jobId', params: { jobId: id } }),
          })
        }
      >
        {t('jobs.again')}
      </Button>
      {again.error && <Trouble error={again.error} />}
    </>
  );
}

/** What can be done with a job now. What cannot be undone, or goes to many devices, is asked for again. */
export function JobSteps({ job }: { job: Job }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<JobStep>();
  const [reason, setReason] = useState('');
  const session = useQuery(queries.session());
  const take = useJobStep();
  const user = session.data?.user;
  if (!user?.permissions.includes('jobs:write')) {
    return null;
  }
  const isMaker = job.createdBy === `user:${user.id}`;
  const steps = job.possibleSteps.filter((step) => step !== 'approve' || !isMaker);
  const submit = (step: JobStep) =>
    take.mutate(
      { job, step, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) },
      {
        onSuccess: () => {
          setAsked(undefined);
          setReason('');
        },
      },
    );
  return (
    <Stack gap="xs" align="flex-end">
      <Group gap="xs">
        <AgainButton job={job} />
        {job.state === 'draft' && (
          <Button component={Link} to={`/jobs/${job.id}/edit`} variant="default">
            {t('customers.edit')}
          </Button>
        )}
        {steps.map((step) => (
          <Button
            key={step}
            variant={step === 'submit' || step === 'approve' || step === 'resume' ? 'filled' : 'default'}
            {...(step === 'cancel' ? { color: 'red', variant: 'subtle' } : {})}
            data-testid={`step-${step}`}
            onClick={() => (step === 'pause' || step === 'resume' ? submit(step) : setAsked(step))}
            loading={take.isPending && take.variables.step === step && asked === undefined}
          >
            {t(`jobs.step.${step}`)}
          </Button>
        ))}
      </Group>
      {asked === undefined && <ChangeTrouble change={take} />}
      <Modal
        opened={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={asked && t(`jobs.step.${asked}`)}
        centered
      >
        <Stack>
          <Text size="sm">
            {asked && t(`jobs.ask.${asked}`, { count: job.counts.total, command: job.command })}
          </Text>
          {(asked === 'send-back' || asked === 'cancel') && (
            <Textarea
              label={t('jobs.reason')}
              autosize
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          )}
          <ChangeTrouble change={take} />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsked(undefined)}>
              {t('common.cancel')}
            </Button>
            <Button
              loading={take.isPending}
              {...(asked === 'cancel' || (asked === 'approve' && job.destructive) ? { color: 'red' } : {})}
              onClick={() => asked && submit(asked)}
              data-testid="confirm-step"
            >
              {asked && t(`jobs.step.${asked}`)}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
