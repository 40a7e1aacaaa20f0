/**
 * What both ends of a wire must agree on. Each schema is a JSON Schema and a TypeScript type at once; whoever
 * receives validates, whoever sends need not.
 */
export * from './alert.ts';
export * from './alert-reasons.ts';
export * from './alert-rule.ts';
export * from './command.ts';
export * from './command-reasons.ts';
export * from './command-rule.ts';
export * from './configuration-push.ts';
export * from './device.ts';
export * from './downlink.ts';
export * from './gateway-configuration.ts';
export * from './parameter-value.ts';
export * from './primitives.ts';
export * from './reading.ts';
export * from './topics.ts';
export * from './uplink.ts';
export * from './validator.ts';
