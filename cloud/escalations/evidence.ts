import type { AlertWithTransitions } from '../alerts/index.ts';
import type { CasePriority, EscalatedCase } from '../cases/index.ts';
import type { Command } from '../commands/index.ts';
import type { Device } from '../devices/index.ts';
import type { Transaction } from '../platform/index.ts';
import type { LatestReading } from '../telemetry/index.ts';
import type { EpisodeStep } from './episode.ts';
import { type Cause, type EscalationsGround, issuerOf } from './ground.ts';
import { judgeReachability, type Reachability } from './reachability.ts';
import { spokenReason } from './spoken-reason.ts';
import { listCommandIds, listSteps, type StepRow, type StoredEpisode } from './store.ts';

const priorityOfSeverity: Readonly<Record<AlertWithTransitions['severity'], CasePriority>> = {
  CRITICAL: 'critical',
  MAJOR: 'high',
  MINOR: 'normal',
  WARNING: 'low',
  INDETERMINATE: 'normal',
};

const spokenStep: Readonly<Record<EpisodeStep, string>> = {
  started: 'The fault was taken up',
  'remedy-sent': 'A remedy was sent to the device',
  'remedy-failed': 'The remedy did not help; it is tried again',
  verifying: 'The remedy succeeded; it is verified whether the fault is gone',
  remedied: 'The fault was remedied',
  unremedied: 'The fault could not be remedied from afar',
  'case-opened': 'A case was opened',
  'work-order-opened': 'A work order was made',
  closed: 'The episode was closed',
};

/** What is known when people are called. */
export interface EvidenceFacts {
  readonly device: Device | undefined;
  readonly gatewayName: string | undefined;
  /** The alerts of the episode, the primary one first. */
  readonly members: readonly AlertWithTransitions[];
  readonly commands: readonly Command[];
  readonly readings: readonly LatestReading[];
  readonly steps: readonly Pick<StepRow, 'at' | 'step' | 'reason'>[];
  readonly now: number;
}

/** What people and programs need to take the fault over: what was seen, what was tried, and what it led to. */
export async function composeCase(
  transaction: Transaction,
  ground: EscalationsGround,
  stored: StoredEpisode,
  reason: string,
  cause: Cause,
): Promise<EscalatedCase> {
  const { alerts, commands, devices, gateways, telemetry } = ground.dependencies;
  const { episode, deviceId } = stored;
  const device = await devices.findDevice(transaction, deviceId);
  const members = await alerts.findWithTransitions(transaction, Object.keys(episode.alerts));
  const tried = [];
  for (const commandId of await listCommandIds(transaction, stored.id)) {
    tried.push(await commands.find(transaction, commandId));
  }
  const gateway = device && (await gateways.findGateway(transaction, device.gatewayId));
  return caseOf(stored, reason, cause, {
    device,
    gatewayName: gateway?.name,
    members,
    commands: tried.filter((command) => command !== undefined),
    readings: await telemetry.findLatest(transaction, deviceId),
    steps: await listSteps(transaction, [stored.id]),
    now: ground.platform.clock.now(),
  });
}

export function caseOf(
  stored: StoredEpisode,
  reason: string,
  cause: Cause,
  facts: EvidenceFacts,
): EscalatedCase {
  const { device, members, commands, readings, steps } = facts;
  const { episode, deviceId } = stored;
  const reachability = reachabilityOf(facts);
  const primary = members[0];
  return {
    escalationId: stored.id,
    title: titleOf(device?.name ?? deviceId, stored.errorCode),
    description: [
      primary?.reason,
      `Why a person is needed: ${spokenReason(reason)}`,
      ...(reachability === undefined ? [] : [reachability.verdict, ...reachability.chain]),
    ]
      .filter((line) => line !== undefined)
      .join('\n'),
    priority: priorityOf(stored, members),
    deviceId,
    alertId: primary?.id ?? null,
    errorCode: stored.errorCode,
    evidence: {
      reason,
      firmware: device?.firmware ?? null,
      bootId: device?.bootId ?? null,
      reachability: reachability ?? null,
      policy: episode.rule,
      alerts: members,
      commands,
      readings: readings.map((reading) => ({ ...reading, sourceTime: reading.sourceTime.toISOString() })),
    },
    steps: steps.map((step) => ({
      at: step.at,
      title: spokenStep[step.step],
      detail: step.reason && spokenReason(step.reason),
    })),
    actor: issuerOf(cause),
    causedBy: cause.causedBy,
  };
}

function reachabilityOf({ device, gatewayName, commands, now }: EvidenceFacts): Reachability | undefined {
  return (
    device &&
    judgeReachability({
      now,
      deviceConnected: device.connected,
      deviceHeardAt: device.lastActivityAt,
      gatewayName: gatewayName ?? device.gatewayId,
      gatewayConnected: device.gatewayConnected,
      commands: commands.toSorted((one, other) => one.issuedAt.localeCompare(other.issuedAt)),
    })
  );
}

/** The customer reads it. */
function titleOf(deviceName: string, errorCode: number | null): string {
  return `${errorCode === null ? 'Alert' : `Error ${errorCode}`} on ${deviceName}`.slice(0, 200);
}

/** What was asked for, else what the policy says, else the worst that the alerts ever were. */
function priorityOf(stored: StoredEpisode, members: readonly AlertWithTransitions[]): CasePriority {
  const { wantedPriority, rule } = stored.episode;
  const given = wantedPriority ?? rule?.priority;
  if (given !== undefined) {
    return given;
  }
  const order: readonly CasePriority[] = ['critical', 'high', 'normal', 'low'];
  const reached = new Set(members.map((alert) => priorityOfSeverity[alert.peakSeverity]));
  return order.find((priority) => reached.has(priority)) ?? 'normal';
}
