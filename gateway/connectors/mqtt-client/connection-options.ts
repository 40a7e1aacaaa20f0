import { readFileSync } from 'node:fs';
import type { MqttClientConnector } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { IClientOptions } from 'mqtt';
import { messageOf } from '../../message-of.ts';
import { statePayload, stateTopic } from '../sparkplug/index.ts';
import { publicationsInFlightMax } from './broker-link.ts';

const fileBytesMax = 1_048_576;
const connectTimeoutMilliseconds = 10_000;
const keepAliveSecondsDefault = 30;
const sessionExpirySecondsDefault = 86_400;
/** What a PUBLISH holds besides its payload. */
const publishOverheadBytesMax = 66_000;

export const payloadBytesMaxDefault = 262_144;

/** How the broker is met; reads the files of secrets and certificates. `now` is in milliseconds since the epoch. */
export function connectionOptions(settings: MqttClientConnector, now: number): IClientOptions {
  const version = settings.version ?? '5';
  const hostId = settings.sparkplug?.hostId;
  const payloadBytesMax = settings.payloadBytesMax ?? payloadBytesMaxDefault;
  return {
    clientId: settings.clientId,
    protocolVersion: version === '5' ? 5 : 4,
    clean: false,
    keepalive: settings.keepAliveSeconds ?? keepAliveSecondsDefault,
    connectTimeout: connectTimeoutMilliseconds,
    resubscribe: false,
    queueQoSZero: false,
    ...(version === '5' && {
      properties: {
        sessionExpiryInterval: settings.sessionExpirySeconds ?? sessionExpirySecondsDefault,
        receiveMaximum: publicationsInFlightMax,
        maximumPacketSize: payloadBytesMax + publishOverheadBytesMax,
      },
    }),
    ...(hostId !== undefined && {
      will: {
        topic: stateTopic(hostId),
        payload: Buffer.from(statePayload(false, now)),
        qos: 1,
        retain: true,
      },
    }),
    ...(settings.username !== undefined && { username: settings.username }),
    ...(settings.passwordFile !== undefined && {
      password: read(settings.passwordFile).toString('utf8').trimEnd(),
    }),
    ...(settings.caFile !== undefined && { ca: read(settings.caFile) }),
    ...(settings.certificateFile !== undefined && { cert: read(settings.certificateFile) }),
    ...(settings.keyFile !== undefined && { key: read(settings.keyFile) }),
  };
}

function read(file: string): Buffer {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > fileBytesMax) {
      throw new Error(`it is larger than ${fileBytesMax} bytes`);
    }
    return bytes;
  } catch (error) {
    throw new AndonError({
      code: 'mqtt-client.file',
      message: `The file ${file} cannot be read: ${messageOf(error)}`,
      nextStep: 'Check its path, which is relative to the configuration, and who may read it.',
      cause: error,
    });
  }
}
