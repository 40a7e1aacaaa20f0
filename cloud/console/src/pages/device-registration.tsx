import { Badge, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type RegistrationStep, registryQueries, useRegistrationStep } from '../api/registry.ts';
import type { Device } from '../api/types.ts';
import { Panel } from '../components/panel.tsx';
import { Loaded, Trouble } from '../components/states.tsx';
import { TimeAgo } from '../components/time.tsx';
import { NewCredentialsButton } from './device-credentials.tsx';
import { DefinitionOfDevice } from './device-definition.tsx';

type Step = 'activate' | 'deactivate' | 'unregister';

/** How far its registration is, what can be done about it, and what was. */
export function RegistrationPanel({ device, mayWrite }: { device: Device; mayWrite: boolean }) {
  const { t } = useTranslation();
  const history = useQuery(registryQueries.registration(device.id));
  const [asked, setAsked] = useState<Step | null>(null);
  const isRegistered = device.registrationStatus !== 'unregistered';
  const steps: Step[] = isRegistered ? [device.active ? 'deactivate' : 'activate', 'unregister'] : [];
  return (
    <Panel
      title={t('device.registration')}
      side={
        <Group gap={4}>
          <Badge variant="light" color={isRegistered && device.active ? 'green' : 'gray'}>
            {t(`registrationStatus.${device.registrationStatus}`, device.registrationStatus)}
          </Badge>
          {!device.active && (
            <Badge variant="light" color="orange" data-testid="inactive">
              {t('registry.inactive')}
            </Badge>
          )}
        </Group>
      }
    >
      <Stack gap="xs">
        {isRegistered && device.active && <DefinitionOfDevice deviceId={device.id} />}
        <Loaded query={history}>
          {({ items }) => (
            <Stack gap={6}>
              {items.toReversed().map((step) => (
                <StepLine key={step.id} step={step} />
              ))}
            </Stack>
          )}
        </Loaded>
        {mayWrite && (
          <Group gap="xs">
            {isRegistered && <NewCredentialsButton deviceId={device.id} />}
            {steps.map((step) => (
              <Button key={step} size="xs" variant="default" onClick={() => setAsked(step)}>
                {t(`registry.do_${step}`)}
              </Button>
            ))}
          </Group>
        )}
      </Stack>
      <Modal
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={asked && t(`registry.do_${asked}`)}
        centered
      >
        {asked && <AskFirst deviceId={device.id} step={asked} onDone={() => setAsked(null)} />}
      </Modal>
    </Panel>
  );
}

const resultColor = { 'in-progress': 'blue', succeeded: 'green', failed: 'red' } as const;

function StepLine({ step }: { step: RegistrationStep }) {
  const { t } = useTranslation();
  return (
    <Stack gap={0} data-testid="registration-step">
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {t(`registry.action_${step.action}`)}
        </Text>
        <Badge size="xs" variant="light" color={resultColor[step.result]}>
          {t(`registry.result_${step.result}`)}
        </Badge>
        <TimeAgo at={step.at} />
      </Group>
      <Text size="xs" c="dimmed">
        {step.detail} {actorText(step, t)}
      </Text>
    </Stack>
  );
}

/** Who did it, by name; what the cloud or a gateway did by itself has none. */
function actorText({ actor, actorName }: RegistrationStep, t: TFunction): string {
  if (actorName !== null) {
    return t('registration.registeredBy', { name: actorName });
  }
  const [kind, ...rest] = actor.split(':');
  return kind === 'gateway'
    ? t('registration.registeredBy', { name: rest.join(':') })
    : t('registration.bySystem');
}

function AskFirst(props: { deviceId: string; step: Step; onDone: () => void }) {
  const { t } = useTranslation();
  const take = useRegistrationStep(props.deviceId);
  return (
    <Stack>
      <Text size="sm">{t(`registry.ask_${props.step}`)}</Text>
      {take.error && <Trouble error={take.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={props.onDone}>
          {t('common.cancel')}
        </Button>
        <Button
          color={props.step === 'activate' ? 'green' : 'red'}
          loading={take.isPending}
          onClick={() => take.mutate(props.step, { onSuccess: props.onDone })}
        >
          {t(`registry.do_${props.step}`)}
        </Button>
      </Group>
    </Stack>
  );
}
