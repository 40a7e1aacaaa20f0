import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@andon/shared/kernel';
import { jitter, uuidv7Source } from '@andon/shared/kernel';
import mqtt from 'mqtt';
import { ConfigurationKeeper } from '../../gateway/config/index.ts';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import { quietLogger } from './quiet-logger.ts';

/** A gateway in this process, on a clock in the test's hand. */
export async function startGatewayHere(folder: string, text: string, clock: Clock): Promise<Gateway> {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, text);
  writeFileSync(join(folder, 'key'), 'the-key');
  const keeper = new ConfigurationKeeper({
    claim: (directory) => mkdirSync(directory, { recursive: true }),
    file,
    environment: {},
    clock,
    logger: quietLogger,
  });
  return await startGateway({
    loaded: keeper.loaded,
    keeper,
    clock,
    newId: uuidv7Source(),
    jitter,
    logger: quietLogger,
  });
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A device of that gateway, whose password is `secret`. */
export async function connectDevice(gateway: Gateway, deviceId: string): Promise<mqtt.MqttClient> {
  return await mqtt.connectAsync(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
    username: deviceId,
    password: 'secret',
    clientId: deviceId,
    reconnectPeriod: 0,
  });
}
