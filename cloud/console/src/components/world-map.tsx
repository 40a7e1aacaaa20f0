import { ActionIcon, Group, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconMinus, IconPlus, IconWorld } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { geoPath } from 'd3-geo';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import outlinesUrl from 'world-atlas/countries-50m.json?url';
import { severityColor } from '../app/theme.ts';
import { place, projection, type View, wholeWorld, within } from './map-projection.ts';

/** Something on the map. */
export interface Spot {
  key: string;
  latitude: number;
  longitude: number;
  /** What stands in it: a number of devices; nothing for one. */
  count: number;
  label: string;
  severity: string | null;
  connected: boolean;
}

type World = Topology<{ land: GeometryCollection; countries: GeometryCollection }>;

/** The outlines of the world, drawn once; they lie beside the console and come from nowhere else. */
const useOutlines = () =>
  useQuery({
    queryKey: ['world-outlines'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const world = (await (await fetch(outlinesUrl)).json()) as World;
      const draw = geoPath(projection).digits(2);
      return {
        land: draw(feature(world, world.objects.land)) ?? '',
        borders: draw(mesh(world, world.objects.countries, (one, other) => one !== other)) ?? '',
      };
    },
  });

const zoomStep = 2;
const panShare = 0.25;

export function WorldMap(props: {
  label: string;
  spots: Spot[];
  view: View;
  height: number;
  /** Without it the map stays where it is. */
  onView?: (view: View) => void;
  onPick?: (spot: Spot) => void;
  /** Told of the width on the screen, by which it is decided what lies together. */
  onWidth?: (pixels: number) => void;
}) {
  const { view, height, onView, onWidth } = props;
  const outlines = useOutlines();
  const { ref, width } = useElementSize();
  useEffect(() => {
    if (width > 0) {
      onWidth?.(width);
    }
  }, [width, onWidth]);
  const unitsPerPixel = width > 0 ? view.span / width : 1;
  const tall = height * unitsPerPixel;
  const drag = useDrag(view, unitsPerPixel, onView);
  return (
    <div ref={ref} className="world-map" style={{ height }}>
      {/* biome-ignore lint/a11y/useSemanticElements: a map is no fieldset */}
      <svg
        role="group"
        aria-label={props.label}
        tabIndex={onView ? 0 : undefined}
        width="100%"
        height={height}
        viewBox={`${view.x - view.span / 2} ${view.y - tall / 2} ${view.span} ${tall}`}
        onKeyDown={(event) => onView && moveByKey(event, view, onView)}
        {...drag}
      >
        <path className="world-map-land" d={outlines.data?.land} />
        <path className="world-map-borders" d={outlines.data?.borders} />
        {props.spots.toReversed().map((spot) => (
          <SpotMark key={spot.key} spot={spot} scale={unitsPerPixel} onPick={props.onPick} />
        ))}
      </svg>
      {onView && <Zoom view={view} onView={onView} />}
    </div>
  );
}

function SpotMark(props: { spot: Spot; scale: number; onPick: ((spot: Spot) => void) | undefined }) {
  const { spot, scale, onPick } = props;
  const [x, y] = place(spot.longitude, spot.latitude);
  const radius = spot.count > 1 ? 11 + Math.min(9, Math.log10(spot.count) * 4) : 8;
  const color = spot.severity ? (severityColor[spot.severity] ?? 'gray') : spot.connected ? 'green' : 'gray';
  const pick = onPick && (() => onPick(spot));
  return (
    <g
      className="world-map-spot"
      data-severity={spot.severity ?? 'none'}
      data-testid="map-spot"
      transform={`translate(${x} ${y}) scale(${scale})`}
      {...(pick && {
        role: 'button',
        tabIndex: 0,
        onClick: pick,
        onKeyDown: (event: KeyboardEvent) => {
          if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault();
            pick();
          }
        },
      })}
      aria-label={spot.label}
    >
      <title>{spot.label}</title>
      <circle r={radius} style={{ fill: `var(--mantine-color-${color}-filled)` }} />
      {spot.count > 1 && (
        <text textAnchor="middle" dy="0.35em">
          {spot.count > 999 ? `${Math.round(spot.count / 1000)}k` : spot.count}
        </text>
      )}
    </g>
  );
}

function Zoom({ view, onView }: { view: View; onView: (view: View) => void }) {
  const { t } = useTranslation();
  const steps = [
    [t('registry.zoomIn'), IconPlus, within({ ...view, span: view.span / zoomStep })],
    [t('registry.zoomOut'), IconMinus, within({ ...view, span: view.span * zoomStep })],
    [t('registry.wholeWorld'), IconWorld, wholeWorld],
  ] as const;
  return (
    <Group gap={4} className="world-map-zoom">
      {steps.map(([label, Icon, next]) => (
        <ActionIcon key={label} variant="default" aria-label={label} onClick={() => onView(next)}>
          <Icon size={16} />
        </ActionIcon>
      ))}
    </Group>
  );
}

const moves: Readonly<Record<string, (view: View) => View>> = {
  ArrowLeft: (view) => ({ ...view, x: view.x - view.span * panShare }),
  ArrowRight: (view) => ({ ...view, x: view.x + view.span * panShare }),
  ArrowUp: (view) => ({ ...view, y: view.y - view.span * panShare }),
  ArrowDown: (view) => ({ ...view, y: view.y + view.span * panShare }),
  '+': (view) => ({ ...view, span: view.span / zoomStep }),
  '-': (view) => ({ ...view, span: view.span * zoomStep }),
};

function moveByKey(event: KeyboardEvent, view: View, onView: (view: View) => void): void {
  const move = moves[event.key];
  if (move) {
    event.preventDefault();
    onView(within(move(view)));
  }
}

/** Dragging moves the map; a press that hardly moves is a click on what lies there. */
function useDrag(view: View, unitsPerPixel: number, onView: ((view: View) => void) | undefined) {
  const from = useRef<{ x: number; y: number; view: View } | undefined>(undefined);
  if (!onView) {
    return {};
  }
  return {
    onPointerDown: (event: PointerEvent) => {
      from.current = { x: event.clientX, y: event.clientY, view };
    },
    onPointerMove: (event: PointerEvent) => {
      const start = from.current;
      if (start && event.buttons === 1) {
        onView(
          within({
            ...start.view,
            x: start.view.x - (event.clientX - start.x) * unitsPerPixel,
            y: start.view.y - (event.clientY - start.y) * unitsPerPixel,
          }),
        );
      }
    },
    onPointerUp: () => {
      from.current = undefined;
    },
  };
}

/** What the colours of the map mean. */
export function MapLegend() {
  const { t } = useTranslation();
  const entries: [string, string][] = [
    ...Object.entries(severityColor).map(([severity, color]): [string, string] => [
      color,
      t(`severity.${severity}`, severity),
    ]),
    ['green', t('registry.allWell')],
  ];
  return (
    <Group gap="sm">
      {entries.map(([color, text]) => (
        <Group key={text} gap={4}>
          <span className="map-dot" style={{ background: `var(--mantine-color-${color}-filled)` }} />
          <Text size="xs">{text}</Text>
        </Group>
      ))}
    </Group>
  );
}
