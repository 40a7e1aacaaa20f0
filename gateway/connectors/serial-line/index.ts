/**
 * Frames of text or bytes on a serial line, for example `$OVN,21.5*1A\r\n`.
 *
 * Actors. One device speaks, by itself or when it is asked. `frame-parser.ts` finds its frames among noise, by their
 * ends (`delimited-scanner.ts`) or their lengths (`measured-scanner.ts`), and `frame.ts` judges each; `messages.ts`
 * and `field-values.ts` take the values out of them; `device-report.ts` tells the gateway. The other way go commands
 * (`line-commands.ts`) and requests (`request-schedule.ts`), one at a time (`line-turns.ts`); the device confirms with
 * tagged frames (`answers.ts`) or with a reply that the configuration expects (`replies.ts`).
 *
 * States of the device: unheard; speaking, from its first good reading; lost, when the port is closed or no good
 * reading came for `silenceMilliseconds` (60 seconds by default; the port is then opened anew, too).
 *
 * Invariants.
 * - Every byte is in a good frame, in a corrupt one, or counted as discarded, by reason. Where the bytes are cut into
 *   chunks makes no difference, and little more than one frame is kept.
 * - Noise costs no frame that comes after it: what fails a check is searched again from its second byte.
 * - A frame with a wrong checksum is counted, and makes the device's signals a failed read (`checksum`) at most once
 *   a second; no field of it is believed.
 * - A lost device gives its signals a failed value (`port-closed`, `no-data`) at once, and then once a minute; so does
 *   one that leaves a request unanswered (`timeout`).
 * - A command is sent once for each `execute`, and one that may not be repeated is never asked for again; whatever the
 *   device says of it later reaches `commandResult`.
 *
 * What may go wrong: commits slower than the line. Then readings are dropped beyond a limit, and counted. Noise that
 * looks like the beginnings of long frames: the checks that it may cost are limited, and what is beyond is noise.
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
