/**
 * Bytes in and out of a serial line, and the care that a line needs.
 *
 * A `BytePipe` is one try at one port: it opens once, gives bytes, and closes once. The port is a tty of this machine,
 * or one of a serial device server, over TCP (`path: tcp://host:port`). `SerialLink` makes a lasting line of such
 * tries: it opens again with back-off when the port is absent, closed, unplugged or silent, for ever.
 * A port that was unplugged does not always say so (node-serialport #2043, #2351: no `close` until something is
 * written, or never), hence the silence watchdog and the time limits on open, write and close.
 *
 * Invariants: one pipe is open at a time; bytes of an older pipe are never delivered; `lost` follows each try that
 * failed or ended, and `opened` comes before any bytes of a pipe.
 */
import { isDeviceServer } from '@andon/shared/contracts';
import type { OpenBytePipe } from './byte-pipe.ts';
import { openSerialPort } from './serial-port-pipe.ts';
import { openDeviceServer } from './tcp-pipe.ts';

export type { BytePipe, BytePipeListener, OpenBytePipe } from './byte-pipe.ts';
export { LossLog } from './loss-log.ts';
export { isLineClosed, type LossReason, SerialLink } from './serial-link.ts';
export { openSerialPort } from './serial-port-pipe.ts';

/** A pipe to what the settings name: a device server, or a tty of this machine. */
export const openBytePipe: OpenBytePipe = (settings) =>
  isDeviceServer(settings.path) ? openDeviceServer(settings.path) : openSerialPort(settings);
