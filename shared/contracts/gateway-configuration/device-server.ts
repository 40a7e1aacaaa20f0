/** Where a serial device server (ser2net, Moxa NPort, Lantronix, `socat`) gives a serial line over TCP, unframed. */
export interface DeviceServerAddress {
  readonly host: string;
  readonly port: number;
}

const scheme = 'tcp://';
const addressForm = /^tcp:\/\/(?:\[(?<six>[0-9A-Fa-f:.%]+)\]|(?<name>[^\s/:[\]@?#]+)):(?<port>\d{1,5})\/?$/;
const portMax = 65_535;

/** Does a port's path lead to a device server instead of a tty of this machine? */
export function isDeviceServer(path: string): boolean {
  return path.startsWith(scheme);
}

/** Reads `tcp://host:port` (an IPv6 address in brackets); undefined where it is anything else. */
export function deviceServerAddress(path: string): DeviceServerAddress | undefined {
  const groups = addressForm.exec(path)?.groups;
  const host = groups?.six ?? groups?.name;
  const port = Number(groups?.port);
  return host === undefined || port < 1 || port > portMax ? undefined : { host, port };
}
