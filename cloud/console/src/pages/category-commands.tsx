import {
  Accordion,
  Badge,
  Button,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CommandDefinition } from '../api/types.ts';
import { ParametersEditor } from './category-parameters.tsx';

const senders = ['service-manager', 'technician'];

/** What can be asked of such devices, by whom and with which parameters. */
export function CommandsEditor({
  commands,
  change,
}: {
  commands: CommandDefinition[];
  change: (commands: CommandDefinition[]) => void;
}) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<string | null>(null);
  const add = () => {
    change([...commands, { name: '', title: '', destructive: false, idempotency: 'once', parameters: [] }]);
    setOpened(String(commands.length));
  };
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {t('commands.title')}
      </Title>
      <Text size="sm" c="dimmed">
        {t('commands.definitionsIntro')}
      </Text>
      <Accordion variant="separated" value={opened} onChange={setOpened} keepMounted={false}>
        {commands.map((command, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other name while its name is typed
          <Accordion.Item key={index} value={String(index)}>
            <Accordion.Control>
              <Group gap="xs">
                <Text size="sm" fw={600}>
                  {command.title || command.name || t('commands.newDefinition')}
                </Text>
                {command.destructive && (
                  <Badge size="sm" color="red" variant="light">
                    {t('commands.destructive')}
                  </Badge>
                )}
                {command.roles?.map((role) => (
                  <Badge key={role} size="sm" variant="outline" color="gray">
                    {t(`commands.role.${role}`, role)}
                  </Badge>
                ))}
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <DefinitionFields
                command={command}
                change={(edited) => change(commands.map((one, at) => (at === index ? edited : one)))}
                remove={() => change(commands.filter((_one, at) => at !== index))}
              />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={14} />}
          onClick={add}
          data-testid="add-command"
        >
          {t('commands.addDefinition')}
        </Button>
      </Group>
    </Stack>
  );
}

function DefinitionFields({
  command,
  change,
  remove,
}: {
  command: CommandDefinition;
  change: (command: CommandDefinition) => void;
  remove: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Group grow preventGrowOverflow={false} align="flex-start">
        <TextInput
          label={t('commands.name')}
          description={t('commands.nameHint')}
          required
          maxLength={63}
          pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
          value={command.name}
          onChange={(event) => change({ ...command, name: event.currentTarget.value })}
        />
        <TextInput
          label={t('commands.label')}
          description={t('commands.labelHint')}
          required
          maxLength={200}
          value={command.title}
          onChange={(event) => change({ ...command, title: event.currentTarget.value })}
        />
      </Group>
      <Group grow preventGrowOverflow={false} align="flex-start">
        <Select
          label={t('commands.idempotency')}
          description={t('commands.idempotencyHint')}
          allowDeselect={false}
          data={['once', 'idempotent'].map((value) => ({ value, label: t(`commands.class.${value}`) }))}
          value={command.idempotency ?? 'once'}
          onChange={(idempotency) => change({ ...command, idempotency: idempotency ?? 'once' })}
        />
        <MultiSelect
          label={t('commands.senders')}
          description={t('commands.sendersHint')}
          data={senders.map((value) => ({ value, label: t(`commands.role.${value}`) }))}
          value={command.roles ?? []}
          onChange={(roles) => {
            const { roles: _roles, ...rest } = command;
            change(roles.length === 0 ? rest : { ...rest, roles });
          }}
        />
        <NumberInput
          label={t('commands.expires')}
          description={t('commands.expiresHint')}
          min={1}
          max={604_800}
          allowDecimal={false}
          value={command.expiresInSeconds ?? ''}
          onChange={(seconds) => {
            const { expiresInSeconds: _seconds, ...rest } = command;
            change(seconds === '' ? rest : { ...rest, expiresInSeconds: Number(seconds) });
          }}
        />
      </Group>
      <Switch
        label={t('commands.destructiveHint')}
        color="red"
        checked={command.destructive}
        onChange={(event) => change({ ...command, destructive: event.currentTarget.checked })}
      />
      <Text size="sm" fw={600}>
        {t('commands.parameters')}
      </Text>
      <ParametersEditor
        parameters={command.parameters ?? []}
        depth={1}
        change={(parameters) => change({ ...command, parameters })}
      />
      <Group justify="flex-end">
        <Button variant="subtle" color="red" size="xs" leftSection={<IconTrash size={14} />} onClick={remove}>
          {t('commands.removeDefinition')}
        </Button>
      </Group>
    </Stack>
  );
}
