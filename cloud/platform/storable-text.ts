import { AndonError } from '@andon/shared/kernel';
import type { FastifyInstance } from 'fastify';

const depthMax = 64;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route makes its texts storable by itself, for what it is sent must never be refused for ever. */
    acceptsAnyText?: boolean;
  }
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

function storableText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed();
}

/** The path of the first text (value or key) that cannot be stored, as `a.0.b`; undefined where there is none. */
export function findUnstorableText(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') {
    return isStorable(value) ? undefined : '';
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
    return undefined;
  }
  if (depth === depthMax) {
    return '';
  }
  for (const [key, member] of Object.entries(value)) {
    if (!isStorable(key)) {
      return storableText(key);
    }
    const path = findUnstorableText(member, depth + 1);
    if (path !== undefined) {
      return path === '' ? key : `${key}.${path}`;
    }
  }
  return undefined;
}

/** The same value with U+FFFD in the place of what cannot be stored; for records that must not be refused. */
export function makeStorable(value: unknown): unknown {
  if (typeof value === 'string') {
    return storableText(value);
  }
  if (Array.isArray(value)) {
    return value.map(makeStorable);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [storableText(key), makeStorable(member)]),
    );
  }
  return value;
}

/** Refuses requests that hold text which the database cannot keep, naming the field (422; 404 in the path). */
export function refuseUnstorableText(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.config.acceptsAnyText) {
      return;
    }
    if (findUnstorableText(request.params) !== undefined) {
      throw new AndonError({
        code: 'platform.no-such-record',
        message: 'There is nothing under this name.',
        nextStep: 'Check the address.',
        status: 404,
      });
    }
    const field = findUnstorableText(request.query) ?? findUnstorableText(request.body);
    if (field !== undefined) {
      throw new AndonError({
        code: 'platform.unstorable-text',
        message: 'The text holds a NUL character or half of a surrogate pair, or is nested too deeply.',
        nextStep: 'Send it without that character.',
        field: field === '' ? 'body' : field,
        status: 422,
      });
    }
  });
}
