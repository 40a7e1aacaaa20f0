import { Badge, Button, Code, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../api/client.ts';
import { useSetDesired } from '../api/registry.ts';
import type { Device } from '../api/types.ts';
import { ChangeTrouble } from '../components/change-trouble.tsx';
import { Panel } from '../components/panel.tsx';
import { Empty } from '../components/states.tsx';
import { TextEditor } from '../components/text-editor.tsx';
import { TimeAgo } from '../components/time.tsx';

const shown = (value: unknown) => (value === undefined ? '–' : JSON.stringify(value));

/** What the device is to be set to beside what it says that it is set to. */
export function PropertiesPanel({ device, mayWrite }: { device: Device; mayWrite: boolean }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  const { desired, reported, differences } = device.properties;
  const names = [
    ...new Set([...Object.keys(desired.properties), ...Object.keys(reported.properties)]),
  ].sort();
  const differing = new Set(differences.map(({ path }) => path.split('/')[1]));
  return (
    <Panel
      title={t('registry.properties')}
      side={
        mayWrite && (
          <Button size="compact-xs" variant="default" leftSection={<IconPencil size={14} />} onClick={open}>
            {t('registry.setDesired')}
          </Button>
        )
      }
    >
      {names.length === 0 ? (
        <Empty title={t('registry.noProperties')} />
      ) : (
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('registry.property')}</Table.Th>
              <Table.Th>{t('registry.desired')}</Table.Th>
              <Table.Th>{t('registry.reported')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {names.map((name) => (
              <Table.Tr key={name} data-testid="property-row" data-differs={differing.has(name)}>
                <Table.Td>
                  <Text size="sm">{name}</Text>
                  {differing.has(name) && (
                    <Badge size="xs" color="orange" variant="light">
                      {t('registry.differs')}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td>
                  <Code>{shown(desired.properties[name])}</Code>
                </Table.Td>
                <Table.Td>
                  <Code>{shown(reported.properties[name])}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Group gap="xs" mt="xs">
        {desired.at && (
          <Text size="xs" c="dimmed">
            {t('registry.desired')} #{desired.version} <TimeAgo at={desired.at} size="xs" />
          </Text>
        )}
        {reported.at && (
          <Text size="xs" c="dimmed">
            {t('registry.reported')} #{reported.version} <TimeAgo at={reported.at} size="xs" />
          </Text>
        )}
      </Group>
      <Modal opened={opened} onClose={close} title={t('registry.setDesired')} size="lg" centered>
        {opened && <DesiredForm device={device} onSaved={close} />}
      </Modal>
    </Panel>
  );
}

/** `device` may become newer while it is edited: what is saved is based on the version that was opened. */
function DesiredForm({ device, onSaved }: { device: Device; onSaved: () => void }) {
  const { t } = useTranslation();
  const set = useSetDesired(device.id);
  const [base, setBase] = useState(device.properties.desired);
  const takeNow = async () => {
    const now = (await call<Device>('GET', `/v1/devices/${device.id}`)).properties.desired;
    // A text that was changed stays as it was typed.
    setText((typed) => (typed === textOf(base.properties) ? textOf(now.properties) : typed));
    setBase(now);
  };
  const [text, setText] = useState(() => textOf(base.properties));
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const properties = parsed(text);
        setWrong(properties === undefined);
        if (properties !== undefined) {
          set.mutate({ version: base.version, properties }, { onSuccess: onSaved });
        }
      }}
    >
      <Stack>
        <Text size="sm">{t('registry.desiredHint')}</Text>
        <TextEditor
          label={t('registry.desired')}
          text={text}
          onChange={setText}
          mistakes={[]}
          readOnly={false}
        />
        {isWrong && (
          <Text size="sm" c="red" role="alert">
            {t('registry.notJson')}
          </Text>
        )}
        <ChangeTrouble change={set} takeNow={takeNow} />
        <Group justify="flex-end">
          <Button type="submit" loading={set.isPending}>
            {t('customers.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

const textOf = (properties: object): string => JSON.stringify(properties, null, 2);

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
