import type { Lane } from '@andon/shared/contracts';
import type { NumberedLane, NumberedReading, ReadingOrigin } from '../../telemetry/index.ts';

/** Times between `from` and `to`, in epoch milliseconds and both inclusive, at each of which there may be `count`. */
type Piece = readonly [from: number, to: number, count: number];

/** What is remembered of one signal and lane; beyond it the oldest two pieces become one. */
export const piecesMax = 32;
/** Of more readings of one signal, lane and millisecond the last one counts. */
export const readingsOfOneTimeMax = 1_000_000;

const lanes: readonly Lane[] = ['readings', 'history', 'alerts'];
/** Lanes of gateways that one signal may come by, over the years. */
const writersMax = 1024;

/**
 * The number of the next reading of a time, and what is remembered with it. No two readings of one time get the same
 * number, and the later one the higher. What is remembered may say more than there was (between two pieces of the same
 * count, and where old ones were made one), never less. It depends on the readings before in their lane and on nothing
 * else, not on how they were cut into batches: whatever a lane repeats after a lost commit gets its numbers again.
 */
export function numberNext(pieces: readonly Piece[], time: number): [number, Piece[]] {
  const after = pieces.findLastIndex(([from]) => from <= time);
  const found = pieces[after];
  const isInside = found !== undefined && time <= found[1];
  const number = isInside ? found[2] : 0;
  const around: Piece[] = [[time, time, Math.min(number + 1, readingsOfOneTimeMax)]];
  if (isInside) {
    const [from, to, count] = found;
    around.unshift(...(from < time ? [[from, time - 1, count] as const] : []));
    around.push(...(time < to ? [[time + 1, to, count] as const] : []));
  }
  const all = [...pieces.slice(0, isInside ? after : after + 1), ...around, ...pieces.slice(after + 1)];
  return [Math.min(number, readingsOfOneTimeMax - 1), simplified(all)];
}

/** Makes one of neighbours that say the same, and of the oldest where there are too many. */
function simplified(pieces: readonly Piece[]): Piece[] {
  const simple: Piece[] = [];
  for (const piece of pieces) {
    const last = simple.at(-1);
    if (last?.[2] === piece[2]) {
      simple[simple.length - 1] = [last[0], piece[1], piece[2]];
    } else {
      simple.push(piece);
    }
  }
  const [first, second, ...others] = simple;
  return simple.length > piecesMax && first !== undefined && second !== undefined
    ? simplified([[first[0], second[1], Math.max(first[2], second[2])], ...others])
    : simple;
}

/**
 * A number for each reading, by which those of one signal and time are told apart, and what is to be remembered. 0, the
 * usual one, is that of the first reading of its time by the first gateway's first lane.
 */
export function numberAll(
  readings: readonly NumberedReading[],
  origin: ReadingOrigin,
  known: readonly NumberedLane[],
): { ordinals: number[]; lanes: NumberedLane[] } {
  const ofSignal = Map.groupBy(known, ({ signalId }) => signalId);
  const current = new Map<number, NumberedLane>();
  const ordinals = readings.map(({ signalId, reading }) => {
    const lane =
      current.get(signalId) ??
      laneOf(ofSignal.get(signalId) ?? [], {
        signalId,
        gatewayId: origin.gatewayOf(reading.deviceId),
        lane: origin.lane,
      });
    const [number, pieces] = numberNext(lane.pieces, reading.sourceTime);
    current.set(signalId, { ...lane, pieces });
    const writer = (lane.gatewayNumber * lanes.length + lanes.indexOf(lane.lane)) % writersMax;
    return number * writersMax + writer;
  });
  return { ordinals, lanes: [...current.values()] };
}

function laneOf(
  known: readonly NumberedLane[],
  key: Pick<NumberedLane, 'signalId' | 'gatewayId' | 'lane'>,
): NumberedLane {
  const ofGateway = known.filter(({ gatewayId }) => gatewayId === key.gatewayId);
  return (
    ofGateway.find(({ lane }) => lane === key.lane) ?? {
      ...key,
      gatewayNumber:
        ofGateway[0]?.gatewayNumber ??
        known.reduce((next, { gatewayNumber }) => Math.max(next, gatewayNumber + 1), 0),
      pieces: [],
    }
  );
}
