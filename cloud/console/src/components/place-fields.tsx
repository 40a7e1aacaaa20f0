import { Group, NumberInput, Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';

const coordinateDigits = 6;

/** Where something stands, and by whose clock. */
export interface Place {
  timeZone: string | null;
  latitude: number | null;
  longitude: number | null;
}

export function PlaceFields(props: {
  place: Place;
  change: (part: Partial<Place>) => void;
  timeZoneHint?: string;
}) {
  const { t } = useTranslation();
  const { place, change } = props;
  const degrees = (part: 'latitude' | 'longitude', label: string, most: number) => (
    <NumberInput
      label={label}
      min={-most}
      max={most}
      decimalScale={coordinateDigits}
      value={place[part] ?? ''}
      onChange={(value) => change({ [part]: value === '' ? null : Number(value) })}
    />
  );
  return (
    <>
      <Select
        label={t('registry.timeZone')}
        description={props.timeZoneHint}
        searchable
        clearable
        limit={50}
        data={Intl.supportedValuesOf('timeZone')}
        value={place.timeZone}
        onChange={(timeZone) => change({ timeZone })}
      />
      <Group grow align="flex-start">
        {degrees('latitude', t('registry.latitude'), 90)}
        {degrees('longitude', t('registry.longitude'), 180)}
      </Group>
    </>
  );
}
