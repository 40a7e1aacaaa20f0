/**
 * Modbus: the gateway as the master of serial lines (RTU) and the client of hosts (TCP) (Modbus Application Protocol
 * 1.1b3, Modbus over Serial Line 1.02, Modbus Messaging on TCP/IP 1.0b).
 *
 * Actors. Slaves answer requests; nobody speaks unasked. From the wire up: `pdu.ts` is what both transports say,
 * `rtu-framing.ts` and `mbap-framing.ts` the frames around it, `rtu-transport.ts` and `tcp-transport.ts` transactions,
 * `bus.ts` who may have one now, `read-slave.ts` one poll, `poll-schedule.ts` who is polled next, `slave.ts` what is
 * known of each, `poller.ts` the loop. How reads are merged is `shared/modbus-plan`; `bus-doctor/` judges and measures
 * the whole.
 *
 * States of a slave: unknown; answering; dead, after three polls in a row without an answer, or ten seconds without
 * one. A dead one is asked ever more rarely, up to once a minute, and all time-outs together cost a tenth of the bus's
 * time at most (`timeout-budget.ts`), so that its neighbours do not become slow.
 *
 * Invariants.
 * - A command or a write goes before the next poll request, also in the middle of a slave's poll.
 * - An answer counts only with the right unit, function, length, and checksum or transaction id; whatever else comes is
 *   counted and thrown away. After a time-out a slave is left alone for as long again, so that its late answer meets
 *   no request of its own.
 * - A failed read gives its signals a failed value (`timeout`, `checksum`, `exception-2`); a lost line gives all of
 *   them one (`port-closed`, `no-data`) at once and then once a minute.
 * - A command that may not be repeated is never sent twice by itself.
 *
 * What may go wrong: a slave refuses a merged request because it has a hole there (exception 2 or 3): then the request
 * is divided, at its widest gap, until every part is taken or is one point; that one is asked for alone and rarely, and
 * the rest together again, until the gateway starts anew. Or it is mute at one request though it answers others: then
 * that one is asked rarely, and divided in the same way.
 */
import type { ModbusRtuConnector, ModbusTcpConnector } from '@andon/shared/contracts';
import { type OpenBytePipe, openBytePipe } from '../byte-pipe/index.ts';
import type { Connector, ConnectorContext } from '../connector.ts';
import type { ConnectorShell } from '../shell.ts';
import { ModbusConnector } from './connector.ts';
import { type StartCron, startCron } from './cron.ts';
import type { Measure } from './transport.ts';

/** What a test or the bus doctor puts in place of the real thing. */
export interface ModbusParts {
  readonly startCron?: StartCron;
  /** Told of every transaction. */
  readonly measure?: Measure;
}

export function createModbusConnector(
  settings: ModbusRtuConnector | ModbusTcpConnector,
  context: ConnectorContext,
  shell: ConnectorShell,
  openPipe: OpenBytePipe = openBytePipe,
  parts: ModbusParts = {},
): Connector {
  return new ModbusConnector({ settings, context, shell, openPipe, startCron, ...parts });
}
