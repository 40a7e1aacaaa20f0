import {
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  Switch,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type DeviceEdit, useEditDevice } from '../api/registry.ts';
import type { Device } from '../api/types.ts';
import { Trouble } from '../components/states.tsx';

const tagsMax = 32;
const coordinateDigits = 6;

/** What people keep of a device: its name, tags, time zone, place, and whether it is simulated. */
export function EditDeviceButton({ device }: { device: Device }) {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" leftSection={<IconPencil size={16} />} onClick={open}>
        {t('customers.edit')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('customers.edit')} centered>
        {opened && <EditForm device={device} onSaved={close} />}
      </Modal>
    </>
  );
}

function EditForm({ device, onSaved }: { device: Device; onSaved: () => void }) {
  const { t } = useTranslation();
  const save = useEditDevice(device.id);
  const [version] = useState(device.version);
  const own = device.location?.from === 'device' ? device.location : undefined;
  const [edit, setEdit] = useState<DeviceEdit>({
    name: device.name,
    categoryId: device.categoryId,
    tags: device.tags,
    timeZone: device.timeZone,
    latitude: own?.latitude ?? null,
    longitude: own?.longitude ?? null,
    simulated: device.simulated,
  });
  const set = (change: Partial<DeviceEdit>) => setEdit((current) => ({ ...current, ...change }));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ version, edit }, { onSuccess: onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('connect.assetName')}
          required
          maxLength={200}
          data-autofocus
          value={edit.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <TagsInput
          label={t('registry.tags')}
          description={t('registry.tagsHint')}
          maxTags={tagsMax}
          value={edit.tags}
          onChange={(tags) => set({ tags })}
        />
        <Select
          label={t('registry.timeZone')}
          description={t('registry.timeZoneHint')}
          searchable
          clearable
          limit={50}
          data={Intl.supportedValuesOf('timeZone')}
          value={edit.timeZone}
          onChange={(timeZone) => set({ timeZone })}
        />
        <Group grow align="flex-start">
          <NumberInput
            label={t('registry.latitude')}
            min={-90}
            max={90}
            decimalScale={coordinateDigits}
            value={edit.latitude ?? ''}
            onChange={(value) => set({ latitude: value === '' ? null : Number(value) })}
          />
          <NumberInput
            label={t('registry.longitude')}
            min={-180}
            max={180}
            decimalScale={coordinateDigits}
            value={edit.longitude ?? ''}
            onChange={(value) => set({ longitude: value === '' ? null : Number(value) })}
          />
        </Group>
        <Switch
          label={t('common.simulated')}
          checked={edit.simulated}
          onChange={(event) => set({ simulated: event.currentTarget.checked })}
        />
        {save.error && <Trouble error={save.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {t('customers.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
