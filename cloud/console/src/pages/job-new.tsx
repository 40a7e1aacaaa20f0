import { Button, Group, Paper, Stack, Stepper, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../api/client.ts';
import { type Job, type JobInput, jobQueries } from '../api/jobs.ts';
import { useChange } from '../api/queries.ts';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { useEdited } from '../components/edited.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Loaded } from '../components/states.tsx';
import { JobFacts } from './job-facts.tsx';
import { JobCommandFields, JobDevicesFields, JobPaceFields } from './job-fields.tsx';

const blank: JobInput = {
  name: '',
  command: '',
  parameters: {},
  expiresInSeconds: null,
  selection: {},
  ratePerMinute: 60,
  concurrencyMax: 20,
  canaryCount: 1,
  stop: { failurePercent: 10, atLeast: 10 },
  window: null,
};

export function NewJobPage() {
  return <JobForm job={undefined} />;
}

export function EditJobPage() {
  const { jobId } = useParams({ strict: false });
  const job = useQuery(jobQueries.one(jobId ?? ''));
  return <Loaded query={job}>{(found) => <JobForm key={found.id} job={found} />}</Loaded>;
}

function inputOf(job: Job | undefined): JobInput {
  if (job === undefined) {
    return blank;
  }
  const { name, command, parameters, expiresInSeconds, selection } = job;
  const { ratePerMinute, concurrencyMax, canaryCount, stop, window } = job;
  return {
    name,
    command,
    parameters,
    expiresInSeconds,
    selection,
    ratePerMinute,
    concurrencyMax,
    canaryCount,
    stop,
    window,
  };
}

/** Step by step: which devices, which command, how carefully, and a last look. */
function JobForm({ job }: { job: Job | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const narrow = useMediaQuery('(max-width: 48em)');
  const [step, setStep] = useState(0);
  const edited = useEdited(job, inputOf, `/v1/jobs/${job?.id}`);
  const { base, input, set: change } = edited;
  const save = useChange((saved: JobInput) =>
    base === undefined
      ? call<Job>('POST', '/v1/jobs', saved)
      : call<Job>('PUT', `/v1/jobs/${base.id}`, saved, { 'if-match': `"${base.version}"` }),
  );
  const isReady = [Object.keys(input.selection).length > 0, input.command !== '', true, true][step];
  const titles = ['devices', 'command', 'care', 'review'] as const;
  return (
    <>
      <PageTitle title={job === undefined ? t('jobs.add') : job.name} />
      <Paper
        withBorder
        p="md"
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (step < titles.length - 1) {
            setStep(step + 1);
            return;
          }
          save.mutate(input, {
            onSuccess: ({ id }) => void navigate({ to: '/jobs/$jobId', params: { jobId: id } }),
          });
        }}
      >
        <Stack>
          <Stepper active={step} onStepClick={setStep} allowNextStepsSelect={false} size="sm" iconSize={28}>
            {titles.map((title) => (
              <Stepper.Step key={title} label={narrow ? undefined : t(`jobs.formStep.${title}`)} />
            ))}
          </Stepper>
          {step === 0 && (
            <JobDevicesFields selection={input.selection} change={(selection) => change({ selection })} />
          )}
          {step === 1 && <JobCommandFields input={input} change={change} />}
          {step === 2 && <JobPaceFields input={input} change={change} />}
          {step === 3 && (
            <>
              <TextInput
                maw={480}
                label={t('jobs.name')}
                name="name"
                required
                maxLength={200}
                value={input.name}
                onChange={(event) => change({ name: event.currentTarget.value })}
              />
              <JobFacts job={input} />
            </>
          )}
          <ChangeTrouble change={save} takeNow={edited.takeNow} />
          <Group justify="space-between">
            <Button variant="default" disabled={step === 0} onClick={() => setStep(step - 1)}>
              {t('jobs.back')}
            </Button>
            <Button type="submit" disabled={!isReady} loading={save.isPending} data-testid="job-next">
              {step < titles.length - 1 ? t('jobs.next') : t('jobs.keep')}
            </Button>
          </Group>
        </Stack>
      </Paper>
    </>
  );
}
