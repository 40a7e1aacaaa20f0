import { ActionIcon, Button, Group, JsonInput, NumberInput, Select, Stack, Text } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { CommandDefinition } from '../api/types.ts';
import { newRemedy, type RemedyDraft } from './policy-draft.ts';

const remediesMax = 10;
const triesMax = 10;
const secondsMax = 86_400;

/** The remedies of a rule, in the order in which they are tried. */
export function PolicyRemedies(props: {
  remedies: RemedyDraft[];
  commands: CommandDefinition[];
  change: (remedies: RemedyDraft[]) => void;
}) {
  const { t } = useTranslation();
  const { remedies, commands, change } = props;
  const [first] = commands;
  const set = (key: number, part: Partial<RemedyDraft>) =>
    change(remedies.map((remedy) => (remedy.key === key ? { ...remedy, ...part } : remedy)));
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        {t('policy.remedies')}
      </Text>
      {remedies.map((remedy) => (
        <RemedyRow
          key={remedy.key}
          remedy={remedy}
          commands={commands}
          set={(part) => set(remedy.key, part)}
          remove={() => change(remedies.filter(({ key }) => key !== remedy.key))}
        />
      ))}
      {first === undefined ? (
        <Text size="xs" c="dimmed">
          {t('policy.noCommands')}
        </Text>
      ) : (
        <Group>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} />}
            disabled={remedies.length >= remediesMax}
            onClick={() =>
              change([
                ...remedies,
                newRemedy(Math.max(-1, ...remedies.map(({ key }) => key)) + 1, first.name),
              ])
            }
          >
            {t('policy.addRemedy')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function RemedyRow(props: {
  remedy: RemedyDraft;
  commands: CommandDefinition[];
  set: (part: Partial<RemedyDraft>) => void;
  remove: () => void;
}) {
  const { t } = useTranslation();
  const { remedy, commands, set, remove } = props;
  const number = (name: 'times' | 'expiresInSeconds' | 'waitSeconds', min: number, max: number) => (
    <NumberInput
      w={130}
      label={t(`policy.${name}`)}
      required
      allowDecimal={false}
      min={min}
      max={max}
      {...(name === 'times' ? {} : { suffix: ' s' })}
      value={remedy[name] ?? 0}
      onChange={(value) => set({ [name]: Number(value) })}
    />
  );
  return (
    <Group align="flex-end" gap="xs" data-testid="policy-remedy">
      <Select
        w={200}
        label={t('policy.command')}
        allowDeselect={false}
        data={commands.map(({ name, title }) => ({ value: name, label: title }))}
        value={remedy.command}
        onChange={(command) => set({ command: command ?? remedy.command })}
      />
      <JsonInput
        w={220}
        label={t('policy.parameters')}
        placeholder="{}"
        autosize
        minRows={1}
        formatOnBlur
        validationError={t('policy.parametersError')}
        value={remedy.parameters}
        onChange={(parameters) => set({ parameters })}
      />
      {number('times', 1, triesMax)}
      {number('waitSeconds', 0, secondsMax)}
      {number('expiresInSeconds', 1, secondsMax)}
      <ActionIcon variant="subtle" color="gray" mb={6} aria-label={t('policy.removeRemedy')} onClick={remove}>
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}
