import { Button, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Device } from '../api/types.ts';
import { viewOf } from '../components/map-projection.ts';
import { Panel } from '../components/panel.tsx';
import { Empty } from '../components/states.tsx';
import { WorldMap } from '../components/world-map.tsx';

const mapHeight = 200;
const coordinateDigits = 4;

/** Where the device is, on a small map. */
export function LocationPanel({ device }: { device: Device }) {
  const { t } = useTranslation();
  const { location } = device;
  return (
    <Panel
      title={t('registry.location')}
      side={
        <Button component={Link} to="/map" size="compact-xs" variant="default">
          {t('registry.map')}
        </Button>
      }
    >
      {location === null ? (
        <Empty title={t('registry.noLocation')} text={t('registry.noLocationText')} />
      ) : (
        <Stack gap="xs" data-testid="device-location">
          <WorldMap
            label={t('registry.location')}
            height={mapHeight}
            view={viewOf([location], 1)}
            spots={[
              {
                key: device.id,
                latitude: location.latitude,
                longitude: location.longitude,
                count: 1,
                label: device.name,
                severity: null,
                connected: device.connected,
              },
            ]}
          />
          <Text size="sm">
            {[location.siteName, location.address].filter((part) => part !== null).join(', ')}
          </Text>
          <Text size="xs" c="dimmed">
            {location.latitude.toFixed(coordinateDigits)}, {location.longitude.toFixed(coordinateDigits)} ·{' '}
            {t(`registry.placeFrom_${location.from}`)}
          </Text>
        </Stack>
      )}
    </Panel>
  );
}
