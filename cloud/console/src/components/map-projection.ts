import { geoMercator } from 'd3-geo';
import type { Bounds } from '../api/registry.ts';

/** The world is so many units wide, and as high. */
export const worldUnits = 1000;
/** Beyond it Mercator's map goes on for ever. */
const latitudeMax = 85;
const spanMin = 0.02;

export const projection = geoMercator()
  .scale(worldUnits / (2 * Math.PI))
  .translate([worldUnits / 2, worldUnits / 2]);

/** A part of the world: its middle and its width, in units. */
export interface View {
  x: number;
  y: number;
  span: number;
}

export const wholeWorld: View = { x: worldUnits / 2, y: 430, span: worldUnits };

export function place(longitude: number, latitude: number): [number, number] {
  const bounded = Math.min(latitudeMax, Math.max(-latitudeMax, latitude));
  return projection([longitude, bounded]) ?? [0, 0];
}

/** Keeps the view on the world, and from coming closer than there is anything to see. */
export function within({ x, y, span }: View): View {
  const width = Math.min(worldUnits, Math.max(spanMin, span));
  const bounded = (value: number) => Math.min(worldUnits, Math.max(0, value));
  return { x: bounded(x), y: bounded(y), span: width };
}

/** What the view shows, in degrees, a little beyond its edges. `aspect` is its height by its width. */
export function boundsOf(view: View, aspect: number): Bounds {
  const margin = 0.55;
  const corner = (x: number, y: number) =>
    projection.invert?.([Math.min(worldUnits, Math.max(0, x)), Math.min(worldUnits, Math.max(0, y))]) ?? [
      0, 0,
    ];
  const [west, north] = corner(view.x - view.span * margin, view.y - view.span * margin * aspect);
  const [east, south] = corner(view.x + view.span * margin, view.y + view.span * margin * aspect);
  const rounded = (degrees: number) => Math.round(degrees * 10_000) / 10_000;
  return {
    west: Math.max(-180, rounded(west)),
    south: Math.max(-90, rounded(south)),
    east: Math.min(180, rounded(east)),
    north: Math.min(90, rounded(north)),
  };
}

/** The view that shows all of them, with room around; nothing to show is the whole world. */
export function viewOf(points: readonly { longitude: number; latitude: number }[], aspect: number): View {
  if (points.length === 0) {
    return wholeWorld;
  }
  const places = points.map(({ longitude, latitude }) => place(longitude, latitude));
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const room = 1.4;
  const span = Math.max((right - left) * room, ((bottom - top) * room) / aspect, spanOfPlace);
  return within({ x: (left + right) / 2, y: (top + bottom) / 2, span });
}

/** About five thousand kilometres at the equator: of coasts and borders alone, closer up there is nothing to know a place by. */
export const spanOfPlace = 130;
