/**
 * Modbus RTU: the gateway as the master of a serial line (Modbus Application Protocol 1.1b3, Modbus over Serial
 * Line 1.02).
 *
 * Actors. Slaves answer requests; nobody speaks unasked. `protocol.ts` and `crc.ts` are the codec, `bus.ts` has one
 * request in flight and keeps the silence between frames, `poll-schedule.ts` says who is asked next, `slave.ts`
 * what is known of each.
 *
 * States of a slave: unknown; answering; dead, after three polls in a row without an answer. A dead one is asked
 * ever more rarely, up to once a minute, so that waiting for it does not slow its neighbours.
 *
 * Invariants.
 * - A command or a write goes before the next poll request, also in the middle of a slave's poll.
 * - An answer counts only with the right unit, function, length and checksum; whatever else comes is counted and
 *   thrown away. After a time-out a slave is left alone for as long again, so that its late answer meets no
 *   request of its own.
 * - A failed read gives its signals a failed value (`timeout`, `checksum`, `exception-2`); a lost line gives all of
 *   them one (`port-closed`, `no-data`) at once and then once a minute.
 * - A command that may not be repeated is never sent twice by itself.
 *
 * What may go wrong: a slave refuses a merged request because it has a hole there (exception 2 or 3): then its
 * points are read one by one from then on.
 */
import type { ModbusRtuConnector } from '@andon/shared/contracts';
import { type OpenBytePipe, openBytePipe } from '../byte-pipe/index.ts';
import type { Connector, ConnectorContext } from '../connector.ts';
import type { ConnectorShell } from '../shell.ts';
import { ModbusConnector } from './connector.ts';

export function createModbusConnector(
  settings: ModbusRtuConnector,
  context: ConnectorContext,
  shell: ConnectorShell,
  openPipe: OpenBytePipe = openBytePipe,
): Connector {
  return new ModbusConnector(settings, context, shell, openPipe);
}
