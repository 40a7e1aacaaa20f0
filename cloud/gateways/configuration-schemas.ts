import {
  ConfigurationMistake,
  ConfirmedBy,
  configurationTextLengthMax,
  confirmWithinSecondsDefault,
  Slug,
  Uuid,
} from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, pageQuery, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };
const ConfigurationText = Type.String({ minLength: 1, maxLength: configurationTextLengthMax });

export const ConfigurationInput = Type.Object(
  {
    /** YAML, as in a gateway's file. */
    text: ConfigurationText,
    /** `health`: the gateway confirms it when it is healthy; `person`: somebody has to, with `…/confirm`. */
    confirmedBy: Type.Optional(ConfirmedBy),
    /** So long the gateway waits for that before it goes back. */
    confirmWithinSeconds: Type.Optional(
      Type.Integer({ minimum: 5, maximum: 86_400, default: confirmWithinSecondsDefault }),
    ),
  },
  strict,
);
export type ConfigurationInput = Static<typeof ConfigurationInput>;

export const ConfigurationState = Type.Enum([
  'pending',
  'applied',
  'confirmed',
  'reverted',
  'refused',
  'superseded',
]);

const version = {
  number: Type.Integer(),
  /**
   * `pending`: the gateway has not said anything yet; `applied`: it runs, on trial; `confirmed`: it stays;
   * `reverted`: it was taken back; `refused`: it was never run; `superseded`: a later one came first.
   */
  state: ConfigurationState,
  reason: Nullable(Type.String()),
  mistakes: Type.Array(ConfigurationMistake),
  /** What it changed at the gateway, a line each. */
  changes: Type.Array(Type.String()),
  confirmedBy: ConfirmedBy,
  confirmWithinSeconds: Type.Integer(),
  createdBy: Type.String(),
  createdAt: Time,
  stateAt: Time,
};
export const ConfigurationVersionSummary = Type.Object(version);
export type ConfigurationVersionSummary = Static<typeof ConfigurationVersionSummary>;
export const ConfigurationVersion = Type.Object({ ...version, text: Type.String() });
export type ConfigurationVersion = Static<typeof ConfigurationVersion>;

export const GatewayConfigurationState = Type.Object({
  id: Type.String(),
  /** The number that the next configuration will have; sent back in If-Match. */
  version: Type.Integer(),
  /** The last that was written here. */
  wanted: Nullable(ConfigurationVersion),
  /** What the gateway said last that it runs for good. */
  running: Nullable(
    Type.Object({
      number: Nullable(Type.Integer()),
      source: Type.Enum(['cloud', 'file', 'person']),
      sha256: Type.String(),
      text: Nullable(Type.String()),
      at: Time,
    }),
  ),
});
export type GatewayConfigurationState = Static<typeof GatewayConfigurationState>;

export const ConfigurationVersionsQuery = Type.Object({ ...pageQuery }, strict);
const VersionNumber = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const ConfigurationVersionById = Type.Object({ id: Slug, number: VersionNumber });
export const ConfirmationInput = Type.Object({ number: VersionNumber }, strict);

export const CheckInput = Type.Object({ text: ConfigurationText }, strict);
export const CheckById = Type.Object({ id: Slug, checkId: Uuid });
export const ConfigurationCheckResult = Type.Object({
  id: Uuid,
  state: Type.Enum(['waiting', 'answered']),
  mistakes: Type.Array(ConfigurationMistake),
  changes: Type.Array(Type.String()),
  createdAt: Time,
});
export type ConfigurationCheckResult = Static<typeof ConfigurationCheckResult>;
