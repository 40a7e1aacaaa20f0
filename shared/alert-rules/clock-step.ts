import { idleState, type RuleState } from './rule-state.ts';

/** The gateway's clock was set by so many milliseconds: every time of it that the state holds moves along. */
export function shiftGatewayClock(state: RuleState, milliseconds: number): RuleState {
  if (state === idleState) return state;
  const { timing, shelf, memory, silentSince } = state;
  const moved = (time: number) => Math.max(0, time + milliseconds);
  return {
    ...state,
    timing: timing && { ...timing, gatewayTime: timing.gatewayTime + milliseconds },
    shelf: shelf && { ...shelf, until: moved(shelf.until) },
    silentSince: silentSince === 0 ? 0 : moved(silentSince),
    memory: memory && {
      ...memory,
      badSince: memory.badSince < 0 ? -1 : moved(memory.badSince),
      fineSince: memory.fineSince < 0 ? -1 : moved(memory.fineSince),
    },
  };
}
