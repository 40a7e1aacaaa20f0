import { topics } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

const payloadSchema = Compile(Type.Object({ name: Type.String(), expiresAt: Type.Optional(Type.Number()) }));

export interface PressCommand {
  readonly id: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

/** Reads what came on a command topic; undefined where it is no command. */
export function readPressCommand(
  deviceId: string,
  topic: string,
  payload: Uint8Array,
): PressCommand | undefined {
  const prefix = topics.command(deviceId, '');
  const id = topic.slice(prefix.length);
  if (!topic.startsWith(prefix) || id === '' || id.includes('/')) return undefined;
  const body = parsed(Buffer.from(payload).toString('utf8'));
  if (!payloadSchema.Check(body)) return undefined;
  return { id, name: body.name, ...(body.expiresAt === undefined ? {} : { expiresAt: body.expiresAt }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
