import { type Static, Type } from 'typebox';
import { EpochMilliseconds, Uuid } from './primitives.ts';

/** No configuration that travels is longer than this many characters. */
export const configurationTextLengthMax = 262_144;
export const configurationMistakesMax = 200;
export const configurationChangesMax = 200;
/** How long a new configuration has to prove itself, where nobody says otherwise. */
export const confirmWithinSecondsDefault = 120;

const ConfigurationText = Type.String({ minLength: 1, maxLength: configurationTextLengthMax });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const VersionNumber = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

/** By `health` the gateway confirms it itself as soon as it is healthy; by `person` somebody has to say so. */
export const ConfirmedBy = Type.Enum(['health', 'person']);
export type ConfirmedBy = Static<typeof ConfirmedBy>;

/** Downlink: run this configuration; go back to the former one unless it is confirmed in time. */
export const ConfigurationPush = Type.Object({
  type: Type.Literal('configuration'),
  /** The cloud's number of it; the next is higher. */
  version: VersionNumber,
  /** YAML. */
  text: ConfigurationText,
  confirmedBy: ConfirmedBy,
  confirmWithinSeconds: Type.Integer({ minimum: 5, maximum: 86_400 }),
});
export type ConfigurationPush = Static<typeof ConfigurationPush>;

/** Downlink: a person says that this version is to stay. */
export const ConfigurationConfirmation = Type.Object({
  type: Type.Literal('configuration-confirmation'),
  version: VersionNumber,
});
export type ConfigurationConfirmation = Static<typeof ConfigurationConfirmation>;

/** Downlink: say what this configuration would change, or what is wrong with it, and change nothing. */
export const ConfigurationCheck = Type.Object({
  type: Type.Literal('configuration-check'),
  id: Uuid,
  text: ConfigurationText,
});
export type ConfigurationCheck = Static<typeof ConfigurationCheck>;

/** Something wrong in the text of a configuration, where it is and what would be right. */
export const ConfigurationMistake = Type.Object(
  {
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    /** For example `connectors[0].port.path`; empty for the text as a whole. */
    key: Type.String({ maxLength: 1000 }),
    message: Type.String({ maxLength: 1000 }),
  },
  { additionalProperties: false },
);
export type ConfigurationMistake = Static<typeof ConfigurationMistake>;

const findings = {
  mistakes: Type.Optional(Type.Array(ConfigurationMistake, { maxItems: configurationMistakesMax })),
  /** What differs from what ran before, a line each for people. */
  changes: Type.Optional(Type.Array(Type.String({ maxLength: 300 }), { maxItems: configurationChangesMax })),
};

/** Uplink, alerts lane: how a configuration fared at the gateway. */
export const ConfigurationReport = Type.Object(
  {
    type: Type.Literal('configuration'),
    at: EpochMilliseconds,
    /** Where it came from: the cloud, the file, or a person at the gateway who went back to an older one. */
    source: Type.Enum(['cloud', 'file', 'person']),
    /** The cloud's number, where the text came from there. */
    version: Type.Optional(VersionNumber),
    sha256: Sha256,
    /**
     * `applied`: it runs, and is not confirmed yet. `confirmed`: it stays. `reverted`: what ran before it runs again.
     * `refused`: it never ran.
     */
    state: Type.Enum(['applied', 'confirmed', 'reverted', 'refused']),
    reason: Type.Optional(Type.String({ maxLength: 500 })),
    ...findings,
    /** Of a confirmed one that the cloud does not have; left out where it holds a secret in clear. */
    text: Type.Optional(ConfigurationText),
  },
  { additionalProperties: false },
);
export type ConfigurationReport = Static<typeof ConfigurationReport>;

/** Uplink, alerts lane: the answer to a `configuration-check`. */
export const ConfigurationFindings = Type.Object(
  { type: Type.Literal('configuration-findings'), at: EpochMilliseconds, id: Uuid, ...findings },
  { additionalProperties: false },
);
export type ConfigurationFindings = Static<typeof ConfigurationFindings>;
