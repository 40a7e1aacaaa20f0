/**
 * The small languages in which a configuration says how foreign MQTT topics and payloads become readings: patterns of
 * topics with named wildcards, paths into JSON payloads, and templates that are filled in from both. The gateway runs
 * them; whoever judges a configuration, at the edge or in the cloud, parses them with the same code.
 *
 * Invariants: matching, reading and filling in never throw, whatever a topic or a payload holds, and look only at what
 * the payload itself has. Lengths and depths are bounded.
 */
export * from './payload-path.ts';
export * from './template.ts';
export * from './topic-pattern.ts';
