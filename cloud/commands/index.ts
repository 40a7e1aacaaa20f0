/**
 * Commands to devices.
 *
 * A person or another capability issues a command; it is checked against the device's category (`reboot` always
 * exists), queued, and handed to the gateway's downlink in the same transaction. States go forward only: QUEUED,
 * SENT (on its way to a gateway that is there), then what the gateway says: DELIVERED, ACCEPTED, EXECUTING, and SUCCEEDED,
 * FAILED, TIMED_OUT, EXPIRED, REJECTED or CANCELLED, which are final. The gateway's words may come twice and in any
 * order: each is history, and changes the state only forward.
 *
 * A command that did not succeed can be tried again by hand: a new one, linked to it, once. Who may send a command at
 * all is a permission; its definition may narrow that to some roles.
 *
 * Hours and visits: what a person sends alone, for the first time or again, is sent whatever the hour and whoever
 * stands at the machine, since a technician who is there sends it most of all; the console warns before. A command of
 * a job that is tried again keeps to what its job keeps to, unless that person names what they know of. What holds a
 * device a port tells, which jobs plug in.
 *
 * Invariants: a final state never changes; each change of state has one history entry that took effect and one
 * event, in one transaction; a reboot succeeds only with a boot id that differs from the one before; every command
 * ends, if need be because it is given up after its expiry; a device has at most `pendingCommandsMax` that have not
 * ended.
 *
 * What may go wrong: the gateway is away, and the command expires. If the gateway had carried it out nevertheless and
 * says so later, the state stays EXPIRED, because others have acted on it (a case was opened), and the word is kept
 * as `late`. A gateway that lost its memory is told again what it
 * never said that it has, or may safely do twice.
 */
import type { AndonError } from '@andon/shared/kernel';
import type { DownlinkSource, UplinkHandler } from '../gateways/index.ts';
import type { Capability, Database, Platform, Transaction } from '../platform/index.ts';
import { cancelCommand } from './cancel.ts';
import { expiryTask } from './expiry.ts';
import { type HoldsOfDevice, nothingHolds } from './holding.ts';
import { type Issued, issueCommand, issueCommands, markSent } from './issue.ts';
import { listCommands } from './lists.ts';
import type { CommandOrder, CommandsDependencies } from './order.ts';
import { present } from './presentation.ts';
import { registerRoutes } from './routes.ts';
import type { Command } from './schemas.ts';
import { findCommand, listUnstarted, lockQueued } from './store.ts';
import { createUplinkHandler } from './uplink.ts';

export { startedGraceMilliseconds, unstartedGraceMilliseconds } from './expiry.ts';
export type { HoldAnswer, HoldQuestion, HoldReason, HoldsOfDevice } from './holding.ts';
export type { Issued } from './issue.ts';
export { pendingCommandsMax } from './issue.ts';
export type { CommandOrder, CommandsDependencies, Sender } from './order.ts';
export { commandDefinitionOf, maySend, nameOfSender, senderOf } from './order.ts';
export { Command, GivenParameters } from './schemas.ts';
export { isFinal } from './state.ts';

export interface Commands extends Capability {
  readonly uplink: UplinkHandler;
  /** What is still to be carried out, for a gateway that knows nothing. */
  readonly downlinkSource: DownlinkSource;
  /** Queues a command in the caller's transaction; an AndonError means that nothing was written. */
  issue(transaction: Transaction, order: CommandOrder): Promise<Issued>;
  /** The same for some at once; each is answered in its place, a refused one by why. */
  issueAll(transaction: Transaction, orders: readonly CommandOrder[]): Promise<(Issued | AndonError)[]>;
  /** Asks its gateway not to begin it. */
  cancel(transaction: Transaction, cancel: { commandId: string; actor: string }): Promise<void>;
  find(database: Database, commandId: string): Promise<Command | undefined>;
  /** Those issued to a device in a time, newest first, with their histories. */
  listOfDevice(
    database: Database,
    filter: { deviceId: string; from: Date; to?: Date; limit: number },
  ): Promise<Command[]>;
  /** Who knows of hours and visits brings it here. */
  plug(ports: { holdsOfDevice: HoldsOfDevice }): void;
}

export function createCommands(platform: Platform, dependencies: CommandsDependencies): Commands {
  let holdsOfDevice = nothingHolds;
  return {
    name: 'commands',
    plug(ports) {
      holdsOfDevice = ports.holdsOfDevice;
    },
    uplink: createUplinkHandler(dependencies.gateways),
    downlinkSource: {
      async presentState(transaction, gatewayId) {
        const rows = await listUnstarted(transaction, gatewayId, new Date(platform.clock.now()));
        return rows.map((row) => ({
          type: 'command',
          command: {
            id: row.id,
            deviceId: row.device_id,
            name: row.name,
            parameters: row.parameters,
            issuedBy: row.issued_by,
            issuedAt: row.issued_at.getTime(),
            expiresAt: row.expires_at.getTime(),
            idempotency: row.idempotency,
          },
        }));
      },
    },
    routes: (app) => registerRoutes(app, platform, dependencies, (...asked) => holdsOfDevice(...asked)),
    subscriptions: [
      {
        name: 'commands',
        types: ['gateway.connection-changed'],
        async handle(transaction, event) {
          const { gatewayId, connected } = event.payload;
          if (connected === true && typeof gatewayId === 'string') {
            const now = new Date(platform.clock.now());
            await markSent(transaction, await lockQueued(transaction, gatewayId), now);
          }
        },
      },
    ],
    tasks: [expiryTask(platform)],
    issue: (transaction, order) => issueCommand(transaction, platform, dependencies, order),
    issueAll: (transaction, orders) => issueCommands(transaction, platform, dependencies, orders),
    cancel: (transaction, cancel) => cancelCommand(transaction, platform, dependencies, cancel),
    async find(database, commandId) {
      const row = await findCommand(database, commandId);
      return row && (await present(database, [row]))[0];
    },
    listOfDevice: async (database, { limit, ...filter }) =>
      present(database, (await listCommands(database, filter, { limit })).slice(0, limit)),
  };
}
