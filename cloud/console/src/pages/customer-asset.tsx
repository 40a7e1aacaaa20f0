import { Group, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { assetChoices, siteChoices } from '../api/choices.ts';
import { queries, useSaveAsset } from '../api/queries.ts';
import type { Asset, AssetInput } from '../api/types.ts';
import { useEdited } from '../components/edited.ts';
import { SaveRow } from '../components/save-row.tsx';
import { SearchingSelect } from '../components/searching-select.tsx';

const labels = [
  ['product', 'case.product'],
  ['serialNumber', 'case.serialNumber'],
  ['assetNumber', 'customers.assetNumber'],
] as const;

const days = [
  ['manufacturedOn', 'registry.manufacturedOn'],
  ['warrantyUntil', 'registry.warrantyUntil'],
] as const;

/** Makes a machine of a customer, or edits the one that is given. */
export function AssetForm(props: { accountId: string; asset?: Asset; onSaved: () => void }) {
  const { t } = useTranslation();
  const { asset } = props;
  const save = useSaveAsset();
  const categories = useQuery(queries.categories());
  const toInput = (kept: Asset | undefined): AssetInput => ({
    accountId: props.accountId,
    name: kept?.name ?? '',
    assetNumber: kept?.assetNumber ?? null,
    product: kept?.product ?? null,
    serialNumber: kept?.serialNumber ?? null,
    categoryId: kept?.categoryId ?? null,
    siteId: kept?.siteId ?? null,
    parentId: kept?.parentId ?? null,
    manufacturedOn: kept?.manufacturedOn ?? null,
    warrantyUntil: kept?.warrantyUntil ?? null,
  });
  const edited = useEdited(asset, toInput, `/v1/assets/${asset?.id}`);
  const { input, set } = edited;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ id: asset?.id, version: edited.base?.version, input }, { onSuccess: props.onSaved });
      }}
    >
      <Stack>
        <TextInput
          label={t('connect.assetName')}
          required
          maxLength={200}
          data-autofocus
          value={input.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        {labels.map(([name, label]) => (
          <TextInput
            key={name}
            label={t(label)}
            maxLength={100}
            value={input[name] ?? ''}
            onChange={(event) => set({ [name]: event.currentTarget.value || null })}
          />
        ))}
        <Select
          label={t('connect.category')}
          clearable
          data={(categories.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={input.categoryId}
          onChange={(categoryId) => set({ categoryId })}
        />
        <SearchingSelect
          label={t('registry.site')}
          clearable
          choices={siteChoices(props.accountId)}
          value={input.siteId}
          onChange={(siteId) => set({ siteId })}
        />
        <SearchingSelect
          label={t('registry.partOf')}
          clearable
          choices={assetChoices(props.accountId)}
          {...(asset === undefined ? {} : { except: asset.id })}
          value={input.parentId}
          onChange={(parentId) => set({ parentId })}
        />
        <Group grow>
          {days.map(([name, label]) => (
            <TextInput
              key={name}
              type="date"
              label={t(label)}
              value={input[name] ?? ''}
              onChange={(event) => set({ [name]: event.currentTarget.value || null })}
            />
          ))}
        </Group>
        <SaveRow save={save} takeNow={edited.takeNow} />
      </Stack>
    </form>
  );
}
