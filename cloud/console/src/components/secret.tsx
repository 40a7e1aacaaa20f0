import { Button, Code, CopyButton, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

/** Something that is shown this once, with what to know about it. */
export function Secret(props: { text: string; note: string; secret: string; copy: string }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Text size="sm">{props.text}</Text>
      <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }} data-testid="secret">
        {props.secret}
      </Code>
      {props.note !== '' && (
        <Text size="sm" c="dimmed">
          {props.note}
        </Text>
      )}
      <CopyButton value={props.secret}>
        {({ copied, copy }) => (
          <Button
            onClick={copy}
            color={copied ? 'green' : 'steel'}
            leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          >
            {copied ? t('common.copied') : props.copy}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}
