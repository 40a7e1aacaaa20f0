import { type AlertChild, alertChildrenMax } from '@andon/shared/contracts';
import type { RuleState } from './rule-state.ts';
import type { Step } from './settle.ts';
import { update } from './transitions.ts';

/**
 * Says of an open alert for which others it stands: the first that fell silent speaks for the whole line. Undefined
 * where nothing is open.
 */
export function standFor(
  state: RuleState,
  children: readonly AlertChild[],
  moment: { line: string; now: number },
): Step | undefined {
  const { open } = state;
  if (open === null) return undefined;
  const { line, now } = moment;
  const cause = {
    deviceId: open.deviceId,
    value: open.value,
    quality: open.quality,
    sourceTime: now,
    gatewayTime: now,
    historical: false,
    children: { listed: children.slice(0, alertChildrenMax), count: children.length },
  };
  const devices = new Set(children.map(({ deviceId }) => deviceId)).size;
  const reason = `nothing is heard on ${line}: this alert stands for ${count(children.length, 'more alert')} of ${count(devices, 'device')}`;
  const transition = update(open, cause, reason, open.ruleVersion);
  return { state: { ...state, open: transition }, transitions: [transition] };
}

const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;
