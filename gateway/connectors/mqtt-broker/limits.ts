import type { MqttBrokerSettings } from '@andon/shared/contracts';

/** Every bound of the broker, where the configuration does not set it otherwise. */
export const limits = {
  portDefault: 1883,
  tlsPortDefault: 8883,
  /** How often it is looked whether the certificate files changed. */
  certificateCheckMilliseconds: 2000,
  connectionsMaxDefault: 1000,
  payloadBytesMaxDefault: 262_144,
  /** What a PUBLISH holds besides its payload: header, packet id, and a topic of our rules (at most 125 bytes). */
  publishOverheadBytesMax: 1024,
  /** CONNECT comes before sign-in, so a stranger may make us hold no more than this. */
  connectBytesMax: 16_384,
  /** SUBSCRIBE and the other small packets. */
  controlBytesMax: 16_384,
  connectionsPerDeviceMax: 16,
  /** Publications of one connection between arrival and commit; then its socket is not read on. */
  publishesInFlightMax: 256,
  /** QoS 2 publications that wait for PUBREL. Their payloads are committed and no longer held. */
  quality2InFlightMax: 1000,
  topicLevelsMax: 8,
  connectTimeoutMilliseconds: 10_000,
  /** A client that does not read what it is sent. */
  drainTimeoutMilliseconds: 30_000,
  /** TCP keep-alive finds dead peers that asked for no MQTT keep-alive. */
  tcpKeepAliveMilliseconds: 60_000,
  commandAcknowledgementMilliseconds: 10_000,
  /** Retained messages that local actions may leave, and how many commands may wait for an acknowledgement. */
  retainedTopicsMax: 256,
  commandsPendingMax: 1024,
  /** How many clients that left cleanly are remembered, and how long a resend after a reconnect may be. */
  cleanClientsMax: 10_000,
  resentMessagesMax: 8192,
} as const;

/** The bounds of one broker, as configured. */
export interface BrokerLimits {
  readonly connectionsMax: number;
  readonly connectionsPerDeviceMax: number;
  readonly payloadBytesMax: number;
  readonly topicLevelsMax: number;
  readonly publishesInFlightMax: number;
  readonly retainedTopicsMax: number;
  readonly messagesPerSecondPerDeviceMax: number | undefined;
}

export function limitsOf(settings: MqttBrokerSettings): BrokerLimits {
  return {
    connectionsMax: settings.connectionsMax ?? limits.connectionsMaxDefault,
    connectionsPerDeviceMax: settings.connectionsPerDeviceMax ?? limits.connectionsPerDeviceMax,
    payloadBytesMax: settings.payloadBytesMax ?? limits.payloadBytesMaxDefault,
    topicLevelsMax: settings.topicLevelsMax ?? limits.topicLevelsMax,
    publishesInFlightMax: settings.publishesInFlightMax ?? limits.publishesInFlightMax,
    retainedTopicsMax: settings.retainedTopicsMax ?? limits.retainedTopicsMax,
    messagesPerSecondPerDeviceMax: settings.messagesPerSecondPerDeviceMax,
  };
}
