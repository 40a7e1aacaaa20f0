import { lineLoad, percent, type SlaveLoad, worstAgeMilliseconds } from '@andon/shared/modbus-plan';
import { ageKey, type Heard } from './listen.ts';
import type { SlaveMeasurements } from './measurements.ts';
import { millisecondsText, type PlanReport } from './plan-report.ts';

const percents = [50, 95, 99, 100] as const;

/** What listening says: of each slave, of the whole, and how old values get if it goes on like this. */
export function listenReport(heard: Heard): PlanReport {
  const { settings, slaves } = heard;
  const { slaves: plan } = lineLoad(
    settings.type === 'modbus-rtu' ? settings : { ...settings, port: { path: settings.host } },
  );
  const share = plan.reduce((sum, slave) => sum + measuredShare(slave, slaves.get(slave.unitId)), 0);
  const held = [...slaves.values()].reduce((sum, { heldMilliseconds }) => sum + heldMilliseconds, 0);
  const inFlight = settings.type === 'modbus-tcp' ? (settings.inFlightMax ?? 1) : 1;
  const answered = [...slaves.values()].some(({ answers }) => answers > 0);
  const fits = share <= inFlight;
  return {
    fits: fits && answered,
    lines: [
      `${settings.name}: listened for ${(heard.listenedMilliseconds / 1000).toFixed(1)} s (${heard.detail})`,
      ...plan.flatMap((slave) => slaveLines(slave, slaves.get(slave.unitId))),
      `  the bus was held ${percent(held / heard.listenedMilliseconds / inFlight)} of the time`,
      ...(answered
        ? [
            `  with these round trips the plan needs ${percent(share / inFlight)}${fits ? '' : ': it cannot fit'}`,
          ]
        : ['  Nobody answered. Does a gateway hold the port? Are baud rate, parity and units right?']),
      ...(answered ? ageLines(heard, plan) : []),
    ],
  };
}

function slaveLines({ unitId, deviceId }: SlaveLoad, seen: SlaveMeasurements | undefined): string[] {
  if (seen === undefined || seen.requests === 0) {
    return [`  slave ${unitId} (${deviceId}): was not asked`];
  }
  const trips = seen.percentiles(...percents);
  const labels = ['p50', 'p95', 'p99', 'longest'];
  const times =
    trips === undefined
      ? 'never answered'
      : trips.map((trip, index) => `${labels[index]} ${millisecondsText(trip)}`).join(', ');
  return [
    `  slave ${unitId} (${deviceId}): ${times}`,
    `    ${seen.requests} requests, ${seen.answers} answers (${seen.exceptions} exceptions), ` +
      `${seen.failures('timeout')} time-outs, ${seen.failures('checksum')} CRC errors`,
  ];
}

/** What a slave's polls take of the time, by the mean of what its requests took, time-outs included. */
function measuredShare({ turns }: SlaveLoad, seen: SlaveMeasurements | undefined): number {
  const mean = seen === undefined || seen.answers === 0 ? 0 : seen.heldMilliseconds / seen.requests;
  return turns.reduce((sum, { blocks, perSecond }) => sum + (blocks.length * perSecond * mean) / 1000, 0);
}

function ageLines({ slaves, ages }: Heard, plan: readonly SlaveLoad[]): string[] {
  const turns = plan.map(({ unitId, turns: own }) => {
    const [longest = 0] = slaves.get(unitId)?.percentiles(100) ?? [];
    return Math.max(0, ...own.map(({ blocks }) => blocks.length)) * longest;
  });
  return [
    '  the oldest that a value gets, were every request to take its slave’s longest (and that was seen):',
    ...plan.flatMap(({ deviceId, groups }) =>
      groups.map(({ label, periodMilliseconds }) => {
        const predicted = worstAgeMilliseconds(periodMilliseconds, turns);
        const seen = ages.oldest(ageKey(deviceId, label));
        const seenText = seen === undefined ? 'none came twice' : millisecondsText(seen);
        return `    ${deviceId}, ${label}: ${millisecondsText(predicted)} (${seenText})`;
      }),
    ),
  ];
}
