import { Grid, Paper, Stack, Text, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type MapPoint, registryQueries } from '../api/registry.ts';
import { SeverityBadge } from '../components/badges.tsx';
import { boundsOf, place, type View, viewOf, wholeWorld, within } from '../components/map-projection.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { MapLegend, WorldMap } from '../components/world-map.tsx';

const mapHeight = 480;
/** Points closer than this on the screen are one. */
const grainPixels = 44;
const zoomToPlaces = 6;
const degreesAround = 360;

const keyOf = (point: MapPoint) =>
  `${point.deviceId ?? point.siteId ?? ''}${point.latitude},${point.longitude}`;

export function MapPage() {
  const { t } = useTranslation();
  const [view, setView] = useState<View>(wholeWorld);
  const [width, setWidth] = useState(0);
  const [moved, setMoved] = useState(false);
  const aspect = width > 0 ? mapHeight / width : 1;
  const grain = ((view.span / 1000) * degreesAround * grainPixels) / Math.max(width, 1);
  const map = useQuery({
    ...registryQueries.map(
      boundsOf(view, aspect),
      Math.min(90, Math.max(0.0001, Number(grain.toPrecision(2)))),
    ),
    enabled: width > 0,
  });
  const points = map.data?.points;
  const pick = usePick(view, (next) => {
    setMoved(true);
    setView(next);
  });
  // The first answer is the whole world: what there is fills the map.
  useEffect(() => {
    if (!moved && points !== undefined && points.length > 0) {
      setMoved(true);
      setView(viewOf(points, aspect));
    }
  }, [moved, points, aspect]);
  const move = useCallback((next: View) => {
    setMoved(true);
    setView(next);
  }, []);
  const spots = (points ?? []).map((point) => ({
    key: keyOf(point),
    latitude: point.latitude,
    longitude: point.longitude,
    count: point.devices,
    label: `${titleOf(point, t)}: ${countsOf(point, t)}`,
    severity: point.worstSeverity,
    connected: point.connected === point.devices,
  }));
  return (
    <>
      <PageTitle title={t('registry.map')} sub={t('registry.mapIntro')} />
      <Grid>
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="xs">
            <WorldMap
              label={t('registry.mapKeys')}
              spots={spots}
              view={view}
              height={mapHeight}
              onView={move}
              onWidth={setWidth}
              onPick={({ key }) => {
                const picked = points?.find((point) => keyOf(point) === key);
                if (picked) {
                  pick(picked);
                }
              }}
            />
            <MapLegend />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Paper withBorder p="md" component="section" aria-label={t('registry.placesShown')}>
            <Loaded query={map}>
              {(found) => (
                <Stack gap={4}>
                  {found.points.length === 0 && (
                    <Empty title={t('registry.nothingHere')} text={t('registry.nothingHereText')} />
                  )}
                  {found.points.map((point) => (
                    <PointLine key={keyOf(point)} point={point} pick={() => pick(point)} />
                  ))}
                  {found.more && <Text size="sm">{t('registry.morePlaces')}</Text>}
                  {found.withoutPlace > 0 && (
                    <Text size="xs" c="dimmed">
                      {t('registry.withoutPlace', { count: found.withoutPlace })}
                    </Text>
                  )}
                </Stack>
              )}
            </Loaded>
          </Paper>
        </Grid.Col>
      </Grid>
    </>
  );
}

/** What lies together is looked at more closely; a site or a device is opened. */
function usePick(view: View, setView: (view: View) => void) {
  const navigate = useNavigate();
  return (point: MapPoint) => {
    if (point.deviceId !== null) {
      void navigate({ to: '/devices/$deviceId', params: { deviceId: point.deviceId } });
    } else if (point.siteId !== null) {
      void navigate({ to: '/devices', search: { siteId: point.siteId } });
    } else {
      const [x, y] = place(point.longitude, point.latitude);
      setView(within({ x, y, span: view.span / zoomToPlaces }));
    }
  };
}

type Translate = ReturnType<typeof useTranslation>['t'];

const countsOf = ({ devices, openAlerts }: MapPoint, t: Translate): string =>
  `${t('registry.deviceCount', { count: devices })}, ${t('registry.alertCount', { count: openAlerts })}`;

function titleOf(point: MapPoint, t: Translate): string {
  return (
    point.deviceName ??
    point.siteName ??
    (point.accountName === null
      ? t('registry.severalPlaces', { count: point.places })
      : `${point.accountName}, ${t('registry.severalPlaces', { count: point.places })}`)
  );
}

function PointLine({ point, pick }: { point: MapPoint; pick: () => void }) {
  const { t } = useTranslation();
  return (
    <UnstyledButton className="map-line" onClick={pick} data-testid="map-line">
      <Stack gap={0} flex={1}>
        <Text size="sm" fw={600}>
          {titleOf(point, t)}
        </Text>
        <Text size="xs" c="dimmed">
          {countsOf(point, t)}
        </Text>
      </Stack>
      {point.worstSeverity && <SeverityBadge severity={point.worstSeverity} />}
    </UnstyledButton>
  );
}
