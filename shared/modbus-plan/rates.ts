import type { ModbusPoint } from '../contracts/index.ts';

/** When something is read: at a steady rhythm, or at the times of a cron expression. */
export type Rate =
  | { readonly kind: 'every'; readonly milliseconds: number }
  | { readonly kind: 'cron'; readonly expression: string };

/** The points of one slave that are read at the same times. */
export interface RateGroup {
  readonly rate: Rate;
  readonly points: readonly ModbusPoint[];
}

export function rateText(rate: Rate): string {
  return rate.kind === 'every' ? `every ${rate.milliseconds} ms` : `at ${rate.expression}`;
}

/** The shortest steady rhythm of these groups; undefined where all of them are read at times of cron. */
export function fastestMilliseconds(groups: readonly RateGroup[]): number | undefined {
  const steady = groups.flatMap(({ rate }) => (rate.kind === 'every' ? [rate.milliseconds] : []));
  return steady.length === 0 ? undefined : Math.min(...steady);
}

/** Groups what is read by its rate, the fastest first, those of cron last. */
export function rateGroups(points: readonly ModbusPoint[], pollMilliseconds: number): RateGroup[] {
  const groups = new Map<string, { rate: Rate; points: ModbusPoint[] }>();
  for (const point of points.filter(({ read }) => read !== false)) {
    const rate: Rate =
      point.cron === undefined
        ? { kind: 'every', milliseconds: point.pollMilliseconds ?? pollMilliseconds }
        : { kind: 'cron', expression: point.cron };
    const group = groups.get(rateText(rate)) ?? { rate, points: [] };
    group.points.push(point);
    groups.set(rateText(rate), group);
  }
  const order = ({ rate }: RateGroup) => (rate.kind === 'every' ? rate.milliseconds : Infinity);
  return [...groups.values()].sort((one, other) => (order(one) < order(other) ? -1 : 1));
}
