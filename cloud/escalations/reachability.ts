import type { Command } from '../commands/index.ts';

/** What is known of the way to a device when it is given up on. Times are ISO 8601. */
export interface ReachabilityFacts {
  readonly now: number;
  readonly deviceConnected: boolean;
  readonly deviceHeardAt: string | null;
  readonly gatewayName: string;
  readonly gatewayConnected: boolean;
  /** The commands that were tried, oldest first. */
  readonly commands: readonly Pick<Command, 'name' | 'state' | 'reason' | 'issuedAt' | 'expiresAt'>[];
}

/** What the facts come to, and each of them as a service agent reads it. */
export interface Reachability {
  readonly cannotBeReached: boolean;
  readonly verdict: string;
  readonly chain: readonly string[];
}

/** States in which a command ended without a word of the device. */
const unansweredStates: ReadonlySet<string> = new Set([
  'EXPIRED',
  'TIMED_OUT',
  'QUEUED',
  'SENT',
  'DELIVERED',
]);

const spokenState: Readonly<Record<string, string>> = {
  TIMED_OUT: 'took too long',
  QUEUED: 'still queued',
  SENT: 'sent, no answer',
};

/**
 * A device cannot be reached where it is offline, or its gateway is, and no command that was tried had an answer. It
 * is concluded from these facts alone; nobody says it.
 */
export function judgeReachability(facts: ReachabilityFacts): Reachability {
  const { deviceConnected, gatewayConnected, commands } = facts;
  const isAway = !(deviceConnected && gatewayConnected);
  const answered = commands.some(({ state }) => !unansweredStates.has(state));
  const cannotBeReached = isAway && !answered;
  return {
    cannotBeReached,
    verdict: verdictOf(facts, cannotBeReached, answered),
    chain: [
      spokenDevice(facts),
      `Gateway ${facts.gatewayName} ${gatewayConnected ? 'is reachable' : 'cannot be reached'}.`,
      ...spokenTries(commands),
    ],
  };
}

function verdictOf(facts: ReachabilityFacts, cannotBeReached: boolean, answered: boolean): string {
  if (cannotBeReached) {
    return facts.gatewayConnected
      ? 'The device cannot be reached, though its gateway can.'
      : 'The device cannot be reached, as its gateway cannot.';
  }
  if (!facts.deviceConnected || !facts.gatewayConnected) {
    return 'The device answered a command, and is offline now.';
  }
  return answered || facts.commands.length === 0
    ? 'The device can be reached.'
    : 'The device is online, and answered no command.';
}

function spokenDevice({ deviceConnected, deviceHeardAt, now }: ReachabilityFacts): string {
  if (deviceHeardAt === null) {
    return 'The device was never heard of.';
  }
  const since = `${spokenTime(deviceHeardAt)} (${spokenSpan(now - Date.parse(deviceHeardAt))} ago)`;
  return deviceConnected ? `Device online, last heard of ${since}.` : `Device offline since ${since}.`;
}

/** One line for each command: `reboot tried 2 times: expired, expired.` */
function spokenTries(commands: ReachabilityFacts['commands']): string[] {
  const byName = Map.groupBy(commands, ({ name }) => name);
  return [...byName].map(([name, tries]) => {
    const ends = tries.map(({ state }) => spokenState[state] ?? state.toLowerCase().replace('_', ' '));
    const times = tries.length === 1 ? 'once' : `${tries.length} times`;
    return `${name} tried ${times}: ${ends.join(', ')}.`;
  });
}

const spokenTime = (time: string): string => `${time.slice(0, 19).replace('T', ' ')} UTC`;

const spans: readonly (readonly [string, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

function spokenSpan(milliseconds: number): string {
  const [unit, length] = spans.find(([, size]) => milliseconds >= size) ?? ['second', 1000];
  const count = Math.max(0, Math.floor(milliseconds / length));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
