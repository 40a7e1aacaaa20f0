import { createRequire } from 'node:module';
import type { FastifySerializerCompiler } from 'fastify';

type Serializer = (data: unknown) => string;
type SerializerFactory = (
  externalSchemas: object,
  options: object,
) => (route: { schema: unknown; method: string; url: string; httpStatus?: string }) => Serializer;

// Fastify's own compiler, as Fastify itself finds it.
const requireOfFastify = createRequire(createRequire(import.meta.url).resolve('fastify'));
const { SerializerSelector }: { SerializerSelector: () => SerializerFactory } = requireOfFastify(
  '@fastify/fast-json-stringify-compiler',
);
const compile = SerializerSelector()({}, {});

/**
 * Answers are written by Fastify's compiled serializers, each compiled when it is first needed: most are not within
 * the first minutes, and compiling all of them was a third of the time to start.
 */
export const compileSerializer: FastifySerializerCompiler<unknown> = (route) => {
  let serialize: Serializer | undefined;
  return (data: unknown) => {
    serialize ??= compile(route);
    return serialize(data);
  };
};
