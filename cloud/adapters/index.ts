/**
 * The ways out of the house: each folder implements a port of a capability. What is not set up by an address ends
 * in the catcher, on this machine.
 */
import type { ChannelAdapter } from '../notifications/index.ts';
import type { Capability, Platform } from '../platform/index.ts';
import { createCatcher } from './catcher/index.ts';
import { createSmppAdapter } from './smpp/index.ts';
import { createSmtpAdapter } from './smtp/index.ts';

export { createInfluxStore, type InfluxSettings } from './influxdb/index.ts';

export interface ChannelSettings {
  /** `smtp://user:password@host:port`; undefined: the local mail catcher. */
  readonly smtpUrl?: string;
  /** `smpp://systemId:password@host:port`; undefined: the local SMS centre. */
  readonly smppUrl?: string;
  /** Who our emails are from; undefined: no-reply at the host of the console. */
  readonly mailFrom?: string;
}

/** The channels, and the servers that must start before them. */
export function createChannels(
  platform: Platform,
  settings: ChannelSettings,
): { adapters: ChannelAdapter[]; servers: Capability[] } {
  const { smtpUrl, smppUrl } = settings;
  const catcher = smtpUrl === undefined || smppUrl === undefined ? createCatcher(platform) : undefined;
  const addressOf = (url: string | undefined, caught: (() => string) | undefined) => () =>
    url ?? caught?.() ?? '';
  return {
    adapters: [
      createSmtpAdapter({
        url: addressOf(smtpUrl, catcher?.smtpUrl),
        from: settings.mailFrom ?? `Andon <no-reply@${new URL(platform.publicUrl).hostname}>`,
      }),
      createSmppAdapter({ url: addressOf(smppUrl, catcher?.smppUrl), logger: platform.logger }),
    ],
    servers: catcher === undefined ? [] : [catcher],
  };
}
