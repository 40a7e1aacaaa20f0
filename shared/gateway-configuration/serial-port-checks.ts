import { deviceServerAddress, isDeviceServer } from '../contracts/index.ts';
import type { KeyPath, Tell } from './mistakes.ts';

/** Tells a path that looks like another machine's port and is no address of one. */
export function tellPortMistakes(port: { readonly path: string }, path: KeyPath, tell: Tell): void {
  const looksLikeUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(port.path);
  if (looksLikeUrl && !(isDeviceServer(port.path) && deviceServerAddress(port.path))) {
    tell([...path, 'path'], 'is no tty and no tcp://host:port of a serial device server');
  }
}
