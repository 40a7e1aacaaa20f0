import type { AlertWithTransitions } from '../alerts/index.ts';
import type { Command } from '../commands/index.ts';
import type { TimelineEntry } from './schemas.ts';
import { spokenTransition } from './spoken-transition.ts';
import type { ActivityRow } from './store.ts';

/**
 * One line of time, newest first, of what happened in the case itself, to its alerts and to the device's commands
 * meanwhile. Each fact is stored in one place and read from there, so that nothing stands in it twice.
 */
export function composeTimeline(parts: {
  readonly activities: readonly ActivityRow[];
  readonly alerts: readonly AlertWithTransitions[];
  readonly commands: readonly Command[];
}): TimelineEntry[] {
  const entries = [
    ...parts.activities.map(ofActivity),
    ...parts.alerts.flatMap(ofAlert),
    ...parts.commands.flatMap(ofCommand),
  ];
  // The sort is stable: of two things at one time, the later one in each source stays the later.
  return entries.sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}

function ofActivity(row: ActivityRow): TimelineEntry {
  return {
    at: row.at.toISOString(),
    kind: row.kind,
    title: row.title,
    detail: row.detail,
    actor: row.actor,
  };
}

function ofAlert(alert: AlertWithTransitions): TimelineEntry[] {
  return [...alert.transitions].reverse().map((transition) => ({
    at: transition.sourceTime,
    kind: 'alert',
    title: spokenTransition({ ...transition, signal: alert.signal }),
    detail: transition.reason,
    actor: `gateway:${alert.gatewayId}`,
  }));
}

function ofCommand(command: Command): TimelineEntry[] {
  return command.history
    .filter((entry) => entry.tookEffect)
    .reverse()
    .map((entry) => ({
      at: entry.at,
      kind: 'command',
      title: `Command ${command.name}: ${entry.state}`,
      detail: entry.reason ?? (entry.state === 'SUCCEEDED' ? bootIdsOf(command) : null),
      actor: entry.state === 'QUEUED' ? command.issuedBy : `gateway:${command.gatewayId}`,
    }));
}

function bootIdsOf(command: Command): string | null {
  return command.bootIdBefore === null || command.bootIdAfter === null
    ? null
    : `boot id ${command.bootIdBefore} → ${command.bootIdAfter}`;
}
