import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AndonError } from '@andon/shared/kernel';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

const strict = { additionalProperties: false };
const path = Type.String({ minLength: 1, maxLength: 4096 });

/** How the three devices reach the world. Paths are relative to the file. */
export const Connections = Type.Object(
  {
    press: Type.Optional(
      Type.Object(
        {
          url: Type.String({ pattern: '^(mqtt|mqtts|tcp)://', maxLength: 2048 }),
          username: Type.String({ minLength: 1, maxLength: 63 }),
          password: Type.String({ minLength: 1, maxLength: 200 }),
        },
        strict,
      ),
    ),
    /** `link`: where the symbolic link to the pseudo-terminal is kept. */
    pump: Type.Optional(
      Type.Object({ link: path, unitId: Type.Optional(Type.Integer({ minimum: 1, maximum: 247 })) }, strict),
    ),
    oven: Type.Optional(Type.Object({ link: path }, strict)),
  },
  strict,
);
export type Connections = Static<typeof Connections>;

const connectionsSchema = Compile(Connections);

/** Reads the file where it is there; an absent file leaves everything to the defaults. */
export function readConnections(file: string): Connections {
  if (!existsSync(file)) return {};
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refused(file, error instanceof Error ? error.message : String(error), error);
  }
  if (!connectionsSchema.Check(content)) {
    const [error] = connectionsSchema.Errors(content);
    throw refused(file, `${error?.instancePath || '/'} ${error?.message ?? 'is wrong'}`);
  }
  const absolute = (link: string) => resolve(dirname(file), link);
  return {
    ...content,
    ...(content.pump ? { pump: { ...content.pump, link: absolute(content.pump.link) } } : {}),
    ...(content.oven ? { oven: { ...content.oven, link: absolute(content.oven.link) } } : {}),
  };
}

export const connectionsFileIn = (dataDirectory: string): string => join(dataDirectory, 'connections.json');

function refused(file: string, problem: string, cause?: unknown): AndonError {
  return new AndonError({
    code: 'simulator.connections-refused',
    message: `${file} cannot be used: ${problem}`,
    nextStep: 'It holds {"press": {"url", "username", "password"}, "pump": {"link"}, "oven": {"link"}}.',
    field: 'connections',
    cause,
  });
}
