import { ActionIcon, Group, NumberInput, Stack, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlertRule } from '../api/alert-rule.ts';
import { errorCodeMax, SeverityField } from './rule-fields.tsx';

type ErrorCodes = NonNullable<AlertRule['errorCodes']>;

/** The codes of a device whose severity is not that of the others. */
export function CodeSeverities({ of, change }: { of: ErrorCodes; change: (part: ErrorCodes) => void }) {
  const { t } = useTranslation();
  const { severities = {}, ...others } = of;
  const set = (codes: NonNullable<ErrorCodes['severities']>) =>
    change(Object.keys(codes).length === 0 ? others : { ...others, severities: codes });
  return (
    <Stack gap={6}>
      <div>
        <Text size="sm" fw={600}>
          {t('rules.more.codes')}
        </Text>
        <Text size="xs" c="dimmed">
          {t('rules.more.codesHint')}
        </Text>
      </div>
      {Object.entries(severities).map(([code, severity]) => (
        <Group key={code} gap="xs" align="flex-end" wrap="nowrap">
          <SeverityField
            label={t('rules.more.codeIs', { code })}
            value={severity}
            change={(chosen) => set({ ...severities, [code]: chosen })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            mb={4}
            aria-label={t('rules.more.removeCode', { code })}
            onClick={() =>
              set(Object.fromEntries(Object.entries(severities).filter(([one]) => one !== code)))
            }
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <NewCode add={(code) => set({ ...severities, [code]: severities[code] ?? others.severity })} />
    </Stack>
  );
}

/** A code is added when its field is left or Enter is pressed in it: one that is half typed is another code. */
function NewCode({ add }: { add: (code: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<number | string>('');
  const take = () => {
    if (typed !== '') add(String(typed));
    setTyped('');
  };
  return (
    <NumberInput
      maw={200}
      aria-label={t('rules.more.addCode')}
      placeholder={t('rules.more.addCode')}
      hideControls
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="strict"
      min={1}
      max={errorCodeMax}
      value={typed}
      onChange={setTyped}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        // It would send the form.
        event.preventDefault();
        take();
      }}
    />
  );
}
