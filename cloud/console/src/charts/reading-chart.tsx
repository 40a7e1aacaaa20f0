import { Box, useComputedColorScheme, useMantineTheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import uPlot from 'uplot';
import type { Limit } from '../api/alert-rule.ts';
import type { Moment } from '../api/moments.ts';
import type { Gap, ReadingSeries } from '../api/types.ts';
import { severityColor } from '../app/theme.ts';
import { ChartPins, type PlotPlace } from './chart-pins.tsx';
import { toData } from './series-data.ts';

export interface DrawnLimit {
  name: string;
  limit: Limit;
}

/** What the chart's options are made of. `span` gives the shown time in seconds, which moves on with the readings. */
interface Frame {
  limits: DrawnLimit[];
  colors: Colors;
  language: string;
  span: () => [number, number];
  gaps: () => readonly Gap[];
  /** Told where the plot lies after it was drawn. */
  placed: (place: PlotPlace) => void;
}

interface Colors {
  line: string;
  band: string;
  gap: string;
  grid: string;
  text: string;
  limit: (limit: DrawnLimit) => string;
}

const chartHeightPixels = 260;

/**
 * Means as a line, minimum to maximum as a band, empty buckets as gaps, limits as dashed lines; where readings are known
 * to be lost, the ground is shaded. What happened meanwhile is pinned above.
 */
export function ReadingChart(props: {
  series: ReadingSeries;
  limits: DrawnLimit[];
  gaps: readonly Gap[];
  moments: readonly Moment[];
}) {
  const { series, limits } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const theme = useMantineTheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const limitsKey = JSON.stringify(limits);
  const [plot, setPlot] = useState<PlotPlace>({ left: 0, width: 0 });
  const { i18n } = useTranslation();
  const shown = useRef(series);
  shown.current = series;
  const lost = useRef(props.gaps);
  lost.current = props.gaps;

  // The chart is made anew when its frame changes; new readings are only put in.
  useEffect(() => {
    const element = place.current;
    if (element === null) {
      return;
    }
    const colors: Colors = {
      line: theme.colors.steel?.[dark ? 4 : 8] ?? 'steelblue',
      band: dark ? 'rgba(101,146,200,0.25)' : 'rgba(41,93,152,0.15)',
      gap: dark ? 'rgba(255,180,80,0.18)' : 'rgba(230,140,20,0.16)',
      grid: dark ? 'rgba(255,255,255,0.08)' : 'rgba(0,0,0,0.07)',
      text: dark ? '#c9c9c9' : '#495057',
      limit: ({ limit }) => theme.colors[severityColor[limit.severity] ?? 'gray']?.[dark ? 5 : 7] ?? 'gray',
    };
    const frame: Frame = {
      limits: JSON.parse(limitsKey) as DrawnLimit[],
      colors,
      language: i18n.language,
      span: () => [Date.parse(shown.current.from) / 1000, Date.parse(shown.current.to) / 1000],
      gaps: () => lost.current,
      placed: (place) =>
        setPlot((before) => (before.left === place.left && before.width === place.width ? before : place)),
    };
    const made = new uPlot(chartOptions(element.clientWidth, frame), toData(shown.current), element);
    chart.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: chartHeightPixels }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [limitsKey, dark, theme, i18n.language]);

  useEffect(() => {
    chart.current?.setData(toData(series));
  }, [series]);

  return (
    <Box w="100%">
      <ChartPins
        moments={props.moments}
        span={{ from: Date.parse(series.from), to: Date.parse(series.to) }}
        place={plot}
      />
      <Box
        ref={place}
        mih={chartHeightPixels}
        data-testid="reading-chart"
        role="img"
        aria-label={series.signal}
      />
    </Box>
  );
}

function chartOptions(width: number, { limits, colors, language, span, gaps, placed }: Frame): uPlot.Options {
  const axis = {
    stroke: colors.text,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { stroke: colors.grid },
  };
  return {
    width,
    height: chartHeightPixels,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { range: () => span() },
      y: { range: (_chart, low, high) => rangeWithLimits(low, high, limits) },
    },
    axes: [
      { ...axis, space: 80, values: (_chart, splits) => splits.map((at) => timeText(at, span(), language)) },
      { ...axis, size: 56 },
    ],
    series: [
      {},
      {
        stroke: colors.line,
        width: 2,
        points: { show: true, size: 6, fill: colors.line, filter: isolatedPoints },
        spanGaps: false,
      },
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
    ],
    bands: [{ series: [3, 2], fill: colors.band }],
    hooks: {
      drawClear: [(chart) => drawGaps(chart, gaps(), colors)],
      draw: [
        (chart) => drawLimits(chart, limits, colors),
        ({ bbox }) => placed({ left: bbox.left / devicePixelRatio, width: bbox.width / devicePixelRatio }),
      ],
    },
  };
}

/** A value with none beside it has no line to be seen by. */
function isolatedPoints(chart: uPlot, series: number): number[] {
  const values = chart.data[series] ?? [];
  return [...values.keys()].filter(
    (index) => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  );
}

/** The time of day; the date where the span is longer than a day. */
function timeText(seconds: number, [from, to]: [number, number], language: string): string {
  const length = to - from;
  const options: Intl.DateTimeFormatOptions =
    length > 2 * 86_400
      ? { day: 'numeric', month: 'short' }
      : { hour: '2-digit', minute: '2-digit', hour12: false, ...(length < 900 ? { second: '2-digit' } : {}) };
  return new Date(seconds * 1000).toLocaleString(language, options);
}

/** The limits belong to the picture, so that a person sees how far away they are. */
function rangeWithLimits(low: number | null, high: number | null, limits: DrawnLimit[]): [number, number] {
  const setpoints = limits.map(({ limit }) => limit.setpoint);
  const bottom = Math.min(...setpoints, low ?? Number.POSITIVE_INFINITY);
  const top = Math.max(...setpoints, high ?? Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(bottom) || !Number.isFinite(top)) {
    return [0, 1];
  }
  const margin = Math.max((top - bottom) * 0.08, 0.5);
  return [bottom - margin, top + margin];
}

function drawGaps(chart: uPlot, gaps: readonly Gap[], colors: Colors): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = colors.gap;
  for (const gap of gaps) {
    const left = Math.max(bbox.left, chart.valToPos(Date.parse(gap.from) / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(Date.parse(gap.to) / 1000, 'x', true));
    if (right >= left) {
      ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    }
  }
  ctx.restore();
}

function drawLimits(chart: uPlot, limits: DrawnLimit[], colors: Colors): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.lineWidth = 1.5;
  ctx.setLineDash([6, 5]);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.font = `${11 * devicePixelRatio}px sans-serif`;
  for (const drawn of limits) {
    const y = chart.valToPos(drawn.limit.setpoint, 'y', true);
    ctx.strokeStyle = colors.limit(drawn);
    ctx.fillStyle = colors.limit(drawn);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(`${drawn.name} ${drawn.limit.setpoint}`, bbox.left + 6, y - 2);
  }
  ctx.restore();
}
