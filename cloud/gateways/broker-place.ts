import { sql, type Transaction } from '../platform/index.ts';

/** Where devices reach the MQTT broker of a gateway. */
export interface BrokerPlace {
  readonly host: string | null;
  readonly port: number | null;
  readonly tlsPort: number | null;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;
const hostCharactersMax = 253;

/**
 * What a gateway says of its broker when it connects. Where it listens at every address, it is reached at the one
 * that it comes from. Anything that is no host or port counts as not said.
 */
export function readBrokerPlace(headers: Headers, comesFrom: string): BrokerPlace {
  const said = headers['andon-mqtt-host'];
  const host = typeof said === 'string' && /^[\w.:-]+$/.test(said) ? said.slice(0, hostCharactersMax) : null;
  const port = portOf(headers['andon-mqtt-port']);
  const tlsPort = portOf(headers['andon-mqtt-tls-port']);
  const isThere = port !== null || tlsPort !== null;
  return { host: isThere ? (host ?? comesFrom) : null, port, tlsPort };
}

function portOf(text: string | string[] | undefined): number | null {
  const port = typeof text === 'string' && /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

export async function noteBrokerPlace(
  transaction: Transaction,
  gatewayId: string,
  { host, port, tlsPort }: BrokerPlace,
): Promise<void> {
  await sql`update gateways set mqtt_host = ${host}, mqtt_port = ${port}, mqtt_tls_port = ${tlsPort}
    where id = ${gatewayId}`.execute(transaction);
}
