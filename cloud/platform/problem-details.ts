import { AndonError } from '@andon/shared/kernel';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import pg from 'pg';
import { Type } from 'typebox';
import { isDatabaseAway } from './database.ts';

/** RFC 9457. `code` and `nextStep` are ours; `errors` names each offending field. */
export const ProblemDetails = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.Optional(Type.String()),
  code: Type.String(),
  nextStep: Type.Optional(Type.String()),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        field: Type.String(),
        message: Type.String(),
        /** Of the schema that it was refused by, and what that says: `minimum`, { limit: 0 }. */
        keyword: Type.Optional(Type.String()),
        values: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
      }),
    ),
  ),
});

interface RefusedField {
  field: string;
  message: string;
  keyword?: string;
  values?: Record<string, string | number>;
}

interface Problem {
  status: number;
  title: string;
  code: string;
  detail?: string;
  nextStep?: string;
  errors?: RefusedField[];
  details?: Record<string, unknown>;
}

/** Turns whatever a route throws into problem details. Nothing of our insides is told. */
export function installProblemDetails(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request, reply) => replyProblem(request, reply, error));
}

/** Answers with what an error means to the caller. */
export function replyProblem(request: FastifyRequest, reply: FastifyReply, error: unknown) {
  return send(request, reply, problemOf(error), error);
}

/** Answers for an address that no route has. */
export function replyNotFound(request: FastifyRequest, reply: FastifyReply) {
  return send(request, reply, {
    status: 404,
    title: 'Not found',
    code: 'platform.no-such-route',
    detail: `There is nothing at ${request.method} ${request.url.split('?')[0]}.`,
    nextStep: 'See /docs for what there is.',
  });
}

function send(request: FastifyRequest, reply: FastifyReply, problem: Problem, error?: unknown) {
  if (problem.status >= 500) {
    request.log.error({ err: error, code: problem.code }, problem.title);
  }
  const { details, ...members } = problem;
  if (typeof details?.retryAfterSeconds === 'number') {
    reply.header('retry-after', Math.ceil(details.retryAfterSeconds));
  }
  return reply
    .status(problem.status)
    .type('application/problem+json')
    .send({ type: `urn:andon:problem:${problem.code}`, ...details, ...members });
}

function problemOf(error: unknown): Problem {
  if (error instanceof AndonError) {
    return {
      status: error.status,
      title: error.message,
      code: error.code,
      nextStep: error.nextStep,
      details: error.details,
      ...(error.field === undefined ? {} : { errors: [{ field: error.field, message: error.message }] }),
    };
  }
  if (isDatabaseAway(error)) {
    return {
      status: 503,
      title: 'The database cannot be reached at the moment.',
      code: 'platform.database-away',
      nextStep: 'Try again in a few seconds.',
      details: { retryAfterSeconds: 2 },
    };
  }
  if (isPassingConflict(error)) {
    return {
      status: 503,
      title: 'This met another change, and nothing was stored.',
      code: 'platform.met-another-change',
      nextStep: 'Send it again.',
      details: { retryAfterSeconds: 1 },
    };
  }
  if (isRefusedByTheDatabase(error)) {
    return {
      status: 422,
      title: 'A value lies outside of what can be stored.',
      code: 'platform.unstorable-value',
      nextStep: 'Send smaller numbers, and texts without control characters.',
    };
  }
  const fastifyError = error as Partial<FastifyError>;
  if (Array.isArray(fastifyError.validation)) {
    return validationProblem(fastifyError);
  }
  return frameworkProblem(fastifyError) ?? internalProblem;
}

const internalProblem: Problem = {
  status: 500,
  title: 'Something went wrong on our side.',
  code: 'platform.internal',
  nextStep: 'Try again; if it stays, tell an administrator the time and what you did.',
};

const invalidJson = {
  status: 400,
  title: 'The body is not valid JSON.',
  code: 'platform.invalid-json',
  nextStep: 'Send JSON (RFC 8259) with content-type application/json.',
};
const brokenCompression = {
  status: 400,
  title: 'The compressed body cannot be inflated.',
  code: 'platform.broken-compression',
  nextStep: 'Compress it with gzip, whole.',
};

/** What Fastify, its JSON parser and zlib refuse, by their codes, in our words. */
const frameworkProblems: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: invalidJson,
  FST_ERR_CTP_EMPTY_JSON_BODY: invalidJson,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    title: 'The body is not as long as Content-Length says.',
    code: 'platform.wrong-content-length',
    nextStep: 'Send the whole body.',
  },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large.',
    code: 'platform.body-too-large',
    nextStep: 'Send less at once.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    title: 'The body has a media type that is not accepted here.',
    code: 'platform.unsupported-media-type',
    nextStep: 'Send JSON with content-type application/json.',
  },
  FST_ERR_BAD_URL: {
    status: 400,
    title: 'The address is not valid.',
    code: 'platform.bad-address',
    nextStep: 'Check how it is encoded.',
  },
  Z_DATA_ERROR: brokenCompression,
  Z_BUF_ERROR: brokenCompression,
};

function frameworkProblem(error: Partial<FastifyError>): Problem | undefined {
  const known = frameworkProblems[error.code ?? ''];
  if (known !== undefined) {
    return known;
  }
  const status = error.statusCode ?? 500;
  if (status === 400 && error instanceof SyntaxError) {
    return invalidJson;
  }
  return status >= 400 && status < 500
    ? {
        status,
        title: error.message ?? 'The request was refused.',
        code: `platform.${(error.code ?? 'request-refused').toLowerCase().replaceAll('_', '-')}`,
      }
    : undefined;
}

function validationProblem(error: Partial<FastifyError>): Problem {
  const where = error.validationContext ?? 'body';
  return {
    status: where === 'params' ? 404 : 422,
    title: 'The request does not have the form that is needed.',
    code: 'platform.invalid-request',
    nextStep: 'Correct the fields named and send it again.',
    errors: (error.validation ?? []).map((issue) => {
      const path = issue.instancePath.replace(/^\//, '').replaceAll('/', '.');
      const { keyword, params } = issue;
      return {
        field: path === '' ? where : path,
        message: issue.message ?? 'is not valid',
        ...(keyword && { keyword, values: valuesOf(params) }),
      };
    }),
  };
}

/** What a schema says that a sentence about it needs. */
function valuesOf(said: object): Record<string, string | number> {
  const params = new Map<string, unknown>(Object.entries(said));
  const limit = params.get('limit');
  const allowed = params.get('allowedValues');
  return {
    ...(typeof limit === 'number' && { limit }),
    ...(Array.isArray(allowed) && { allowed: allowed.map(String).join(', ') }),
  };
}

/** Deadlock or failed serialisation (SQLSTATE class 40): the same again will do. */
function isPassingConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code ?? '').startsWith('40');
}

/** Too long, out of range, not a time, not storable as text (SQLSTATE class 22): the caller's data, not our mistake. */
const dataExceptions = new Set(['22001', '22003', '22007', '22008', '22021', '22P02', '22P05']);

function isRefusedByTheDatabase(error: unknown): boolean {
  return error instanceof pg.DatabaseError && dataExceptions.has(error.code ?? '');
}
