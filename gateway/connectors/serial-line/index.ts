/**
 * Frames of text on a serial line: `start body separator checksum end`, for example `$OVN,21.5*1A\r\n`.
 *
 * Actors. One device speaks when it likes. `frame-parser.ts` finds its frames among noise, `fields.ts` takes the
 * values out of them by position, `template.ts` and `answers.ts` carry commands to it and its answers back.
 *
 * States of the device: unheard; speaking, from its first good reading; lost, when the port is closed or no good
 * reading came for `silenceMilliseconds` (60 seconds by default; the port is then opened anew, too).
 *
 * Invariants.
 * - Every byte is in a good frame, in a corrupt one, or counted as discarded.
 * - A frame with a wrong checksum is counted, and makes the device's signals a failed read (`checksum`) at most once
 *   a second; no field of it is believed.
 * - A lost device gives its signals a failed value (`port-closed`, `no-data`) at once, and then once a minute.
 * - A command is sent once for each `execute`, and one that may not be repeated is never asked for again; whatever the
 *   device says of it later reaches `commandResult`.
 *
 * What may go wrong: commits slower than the line. Then readings are dropped beyond a limit, and counted.
 */
import type { SerialLineConnector as Settings } from '@andon/shared/contracts';
import { type OpenBytePipe, openBytePipe } from '../byte-pipe/index.ts';
import type { Connector, ConnectorContext } from '../connector.ts';
import type { ConnectorShell } from '../shell.ts';
import { SerialLineConnector } from './connector.ts';

export function createSerialLineConnector(
  settings: Settings,
  context: ConnectorContext,
  shell: ConnectorShell,
  openPipe: OpenBytePipe = openBytePipe,
): Connector {
  return new SerialLineConnector(settings, context, shell, openPipe);
}
