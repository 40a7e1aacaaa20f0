import { Type } from 'typebox';
import { UnitCode } from '../primitives.ts';

/** No key that is not known: a slip of the pen must not go unnoticed. */
export const strict = { additionalProperties: false };
export const TcpPort = Type.Integer({ minimum: 0, maximum: 65_535 });
export const Host = Type.String({ minLength: 1, maxLength: 253 });

export const numericEncoding = {
  scale: Type.Optional(Type.Number()),
  offset: Type.Optional(Type.Number()),
  unit: Type.Optional(UnitCode),
};
