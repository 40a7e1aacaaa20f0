import { join } from 'node:path';
import { type Static, Type } from 'typebox';

/** What a person at the gateway asks of the one that runs: one line of JSON each way. */
export const ControlRequest = Type.Union([
  Type.Object({ ask: Type.Literal('confirm') }),
  Type.Object({ ask: Type.Literal('rollback'), version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  Type.Object({ ask: Type.Literal('reload') }),
]);
export type ControlRequest = Static<typeof ControlRequest>;

export const ControlAnswer = Type.Object({
  /** Absent where it was done. */
  error: Type.Optional(Type.String()),
  nextStep: Type.Optional(Type.String()),
});
export type ControlAnswer = Static<typeof ControlAnswer>;

export const lineBytesMax = 65_536;

/** The data directory is the gateway's own, so who may write there may ask. */
export const socketPath = (dataDirectory: string): string => join(dataDirectory, 'control.sock');
