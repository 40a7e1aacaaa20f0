import type { Memory } from './memory.ts';
import type { RuleState } from './rule-state.ts';

interface Dated {
  readonly sourceTime: number;
  readonly gatewayTime: number;
}

/**
 * The gateway's clock was set by so many milliseconds: every time of it that the state holds moves along. That is the
 * device's time, too, where the device has no clock and the gateway's stood in: both are the same then. Else a year that
 * never passed would have passed between two readings.
 */
export function shiftGatewayClock(state: RuleState, milliseconds: number): RuleState {
  const { timing, shelf, memory, silentSince } = state;
  if (timing === null && shelf === null && memory === null && silentSince === 0) return state;
  const moved = (time: number) => Math.max(0, time + milliseconds);
  return {
    ...state,
    timing: timing && shifted(timing, milliseconds),
    shelf: shelf && { ...shelf, until: moved(shelf.until) },
    silentSince: silentSince === 0 ? 0 : moved(silentSince),
    memory: memory && {
      ...memory,
      inputs: Object.fromEntries(
        Object.entries(memory.inputs).map(([name, input]) => [name, shifted(input, milliseconds)]),
      ),
      sourceTime: shiftedSourceTime(memory, milliseconds),
      badSince: memory.badSince < 0 ? -1 : moved(memory.badSince),
      fineSince: memory.fineSince < 0 ? -1 : moved(memory.fineSince),
    },
  };
}

function shifted<Kind extends Dated>(dated: Kind, milliseconds: number): Kind {
  const { sourceTime, gatewayTime } = dated;
  return {
    ...dated,
    sourceTime: sourceTime === gatewayTime ? sourceTime + milliseconds : sourceTime,
    gatewayTime: gatewayTime + milliseconds,
  };
}

/** The latest time of the rule's own signal, which is one of the inputs. */
function shiftedSourceTime({ sourceTime, inputs }: Memory, milliseconds: number): number | null {
  if (sourceTime === null) return null;
  const isOurs = Object.values(inputs).some(
    (input) => input.sourceTime === sourceTime && input.gatewayTime === sourceTime,
  );
  return isOurs ? sourceTime + milliseconds : sourceTime;
}
