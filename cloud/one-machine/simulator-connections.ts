import type { Places } from './config.ts';
import { readIfThere, writeSecretFile } from './secret-file.ts';

export const mqttDeviceId = 'press-1';

/** The password of the MQTT device that a start before has left. */
export function storedPassword(places: Places): string | undefined {
  const text = readIfThere(places.connections);
  if (text === undefined) return undefined;
  const connections: unknown = JSON.parse(text);
  const { press } = Object(connections);
  return typeof press?.password === 'string' ? press.password : undefined;
}

/** The simulator's side of it. */
export function writeConnections(places: Places, mqttPort: number, password: string): void {
  const connections = {
    press: { url: `mqtt://127.0.0.1:${mqttPort}`, username: mqttDeviceId, password },
    pump: { link: places.pumpPort, unitId: 1 },
    oven: { link: places.ovenPort },
  };
  const text = `${JSON.stringify(connections, null, 2)}\n`;
  if (readIfThere(places.connections) !== text) writeSecretFile(places.connections, text);
}
