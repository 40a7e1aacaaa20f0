/**
 * The topics of the gateway's own MQTT broker. A device may publish to its telemetry, status and result topics,
 * subscribe to its commands, and nothing else.
 *
 * Payloads of `telemetry`: `{"temperature": 21.5}`, or `{"ts": 1700000000000, "values": {...}}` with `ts` in
 * milliseconds since the epoch or an ISO 8601 text. Payload of `status`: `{"connected": true, "bootId": "…",
 * "firmware": "…"}`, retained, with `{"connected": false}` as last will. Payload of `commands/{commandId}`:
 * `{"name": "reboot", "parameters": {...}, "expiresAt": 1700000000000}`. Payload of `…/result`: see
 * `DeviceCommandResult`.
 */
export const topics = {
  telemetry: (deviceId: string) => `devices/${deviceId}/telemetry`,
  status: (deviceId: string) => `devices/${deviceId}/status`,
  command: (deviceId: string, commandId: string) => `devices/${deviceId}/commands/${commandId}`,
  commands: (deviceId: string) => `devices/${deviceId}/commands/+`,
  commandResult: (deviceId: string, commandId: string) => `devices/${deviceId}/commands/${commandId}/result`,
};
