/**
 * The topics of the gateway's own MQTT broker. A device may publish to its telemetry, status and result topics,
 * subscribe to its commands and to what it is to be set to, and nothing else.
 *
 * Payloads of `telemetry`: `{"temperature": 21.5}`, or `{"ts": 1700000000000, "values": {...}}` with `ts` in
 * milliseconds since the epoch or an ISO 8601 text. Payload of `status`: `{"connected": true, "bootId": "…",
 * "firmware": "…", "reported": {…}}`, retained, with `{"connected": false}` as last will; `reported` says what of the device's
 * properties changed, as a merge patch (RFC 7396). Payload of `desired`: `{"version": 3, "properties": {…}}`, whole, to
 * whoever subscribes and with every change. Payload of `commands/{commandId}`:
 * `{"name": "reboot", "parameters": {...}, "expiresAt": 1700000000000}`. Payload of `…/result`: see
 * `DeviceCommandResult`.
 */
export const topics = {
  telemetry: (deviceId: string) => `devices/${deviceId}/telemetry`,
  status: (deviceId: string) => `devices/${deviceId}/status`,
  command: (deviceId: string, commandId: string) => `devices/${deviceId}/commands/${commandId}`,
  commands: (deviceId: string) => `devices/${deviceId}/commands/+`,
  desired: (deviceId: string) => `devices/${deviceId}/desired`,
  commandResult: (deviceId: string, commandId: string) => `devices/${deviceId}/commands/${commandId}/result`,
};
