import type { Moment } from '../api/moments.ts';

/** Moments that are too close to each other on the screen to be told apart. */
export interface Pin {
  /** 0 is the left edge of the chart, 1 the right one. */
  position: number;
  /** Newest first. */
  moments: Moment[];
}

/** Moments of [from, to] as pins that lie at least so far apart (a share of the chart's width). */
export function pinsOf(
  moments: readonly Moment[],
  { from, to }: { from: number; to: number },
  apart: number,
): Pin[] {
  const placed = moments
    .map((moment) => ({ moment, position: (Date.parse(moment.at) - from) / (to - from) }))
    .filter(({ position }) => position >= 0 && position <= 1)
    .sort((one, other) => one.position - other.position);
  const pins: Pin[] = [];
  for (const { moment, position } of placed) {
    const last = pins.at(-1);
    if (last !== undefined && position - last.position < apart) {
      last.moments.unshift(moment);
    } else {
      pins.push({ position, moments: [moment] });
    }
  }
  return pins;
}
