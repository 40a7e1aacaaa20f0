import { join } from 'node:path';
import { type Static, Type } from 'typebox';

const rule = {
  deviceId: Type.String({ minLength: 1, maxLength: 63 }),
  rule: Type.String({ minLength: 1, maxLength: 63 }),
  by: Type.String({ minLength: 1, maxLength: 200 }),
};

/** What is asked of a rule: see `RuleRequest` of the alerts. */
const RuleRequestSchema = Type.Union([
  Type.Object({
    ask: Type.Literal('shelve'),
    ...rule,
    kind: Type.Enum(['timed', 'one-shot']),
    milliseconds: Type.Number({ exclusiveMinimum: 0 }),
  }),
  Type.Object({ ask: Type.Literal('unshelve'), ...rule }),
  Type.Object({ ask: Type.Literal('reset'), ...rule }),
]);

/** What a person at the gateway asks of the one that runs: one line of JSON each way. */
export const ControlRequest = Type.Union([
  Type.Object({ ask: Type.Literal('confirm') }),
  Type.Object({ ask: Type.Literal('rollback'), version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  Type.Object({ ask: Type.Literal('reload') }),
  Type.Object({ ask: Type.Literal('rule'), request: RuleRequestSchema }),
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
