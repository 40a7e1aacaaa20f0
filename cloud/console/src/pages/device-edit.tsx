import { Button, Modal, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { type DeviceEdit, useEditDevice } from '../api/registry.ts';
import type { Device } from '../api/types.ts';
import { useEdited } from '../components/edited.ts';
import { PlaceFields } from '../components/place-fields.tsx';
import { SaveRow } from '../components/save-row.tsx';

const tagsMax = 32;
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

function toEdit(device: Device): DeviceEdit {
  const own = device.location?.from === 'device' ? device.location : undefined;
  return {
    name: device.name,
    categoryId: device.categoryId,
    tags: device.tags,
    timeZone: device.timeZone,
    latitude: own?.latitude ?? null,
    longitude: own?.longitude ?? null,
    simulated: device.simulated,
  };
}

function EditForm({ device, onSaved }: { device: Device; onSaved: () => void }) {
  const { t } = useTranslation();
  const save = useEditDevice(device.id);
  const edited = useEdited(device, toEdit, `/v1/devices/${device.id}`);
  const { input: edit, set } = edited;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ version: edited.base.version, edit }, { onSuccess: onSaved });
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
        <PlaceFields place={edit} change={set} timeZoneHint={t('registry.timeZoneHint')} />
        <Switch
          label={t('common.simulated')}
          checked={edit.simulated}
          onChange={(event) => set({ simulated: event.currentTarget.checked })}
        />
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}
