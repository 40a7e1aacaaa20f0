/**
 * Payloads of MQTT topics that are not ours, as raw values: by mappings of the configuration, and as SenML.
 *
 * Actors: the gateway's own broker and the client of another broker hand over a topic and a payload; a mapping says
 * which device, signals, values, units and times they hold.
 *
 * Invariants: whatever a payload holds, reading it never throws, looks at each part once, and gives at most 1000
 * values. What has no value, or one of the wrong kind, is a failed read with its reason (`field-missing`,
 * `not-a-number` …); what cannot even be told to a device or signal is refused with a reason, and the rest is taken.
 *
 * Who may publish for which device is not decided here, but by the connector, which knows who spoke.
 */
export * from './mapping.ts';
export * from './mapping-table.ts';
export * from './senml.ts';
export * from './served-devices.ts';
