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
  errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() }))),
});

interface Problem {
  status: number;
  title: string;
  code: string;
  detail?: string;
  nextStep?: string;
  errors?: { field: string; message: string }[];
  details?: Record<string, unknown>;
}

/** Turns whatever a route throws into problem details. Nothing of our insides is told. */
export function installProblemDetails(app: FastifyInstance): void {
  app.setErrorHandler((error: unknown, request, reply) => send(request, reply, problemOf(error), error));
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
  const status = fastifyError.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    return {
      status,
      title: fastifyError.message ?? 'The request was refused.',
      code: `platform.${(fastifyError.code ?? 'request-refused').toLowerCase().replaceAll('_', '-')}`,
    };
  }
  return {
    status: 500,
    title: 'Something went wrong on our side.',
    code: 'platform.internal',
    nextStep: 'Try again; if it stays, tell an administrator the time and what you did.',
  };
}

function validationProblem(error: Partial<FastifyError>): Problem {
  const where = error.validationContext ?? 'body';
  return {
    status: where === 'params' ? 404 : 422,
    title: 'The request does not have the form that is needed.',
    code: 'platform.invalid-request',
    nextStep: 'Correct the fields named and send it again.',
    errors: (error.validation ?? []).slice(0, 20).map((issue) => {
      const missing = issue.params.missingProperty ?? issue.params.requiredProperties;
      const additional = issue.params.additionalProperty ?? issue.params.additionalProperties;
      const path = [issue.instancePath.replace(/^\//, '').replaceAll('/', '.'), missing ?? additional]
        .filter((part) => part !== undefined && part !== '')
        .join('.');
      return { field: path === '' ? where : path, message: issue.message ?? 'is not valid' };
    }),
  };
}

/** Too long, out of range, not a time, not storable as text (SQLSTATE class 22): the caller's data, not our mistake. */
const dataExceptions = new Set(['22001', '22003', '22007', '22008', '22021', '22P02', '22P05']);

function isRefusedByTheDatabase(error: unknown): boolean {
  return error instanceof pg.DatabaseError && dataExceptions.has(error.code ?? '');
}
