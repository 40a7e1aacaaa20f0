import { statSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../capability.ts';
import { replyNotFound } from '../problem-details.ts';

const notOurs = /^\/(v1|c|docs)(\/|$)/;
const yearSeconds = 31_536_000;

const pageWithoutConsole = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Andon</title>
<h1>Andon is running</h1><p>The console has not been built. Run <code>node cloud/console/build.ts</code> in the
checkout, then load this page again. The API is described at <a href="/docs">/docs</a>.</p></html>`;

/**
 * The browser app: its files, and its first page for every address that the browser's router knows and we do not.
 * Programs, which do not ask for HTML, get that page at `/` alone, and else are told that there is nothing.
 * Files under `assets/` have a hash in their name and never change.
 */
export async function serveConsole(app: App, directory: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: directory,
    serve: false,
    suppressWarning: true,
  });
  const file = (name: string, reply: FastifyReply) =>
    name.startsWith('assets/')
      ? reply.sendFile(name, { maxAge: yearSeconds * 1000, immutable: true })
      : reply.sendFile(name, { maxAge: 0, cacheControl: true });
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    if (!['GET', 'HEAD'].includes(request.method) || path === undefined || notOurs.test(path)) {
      return replyNotFound(request, reply);
    }
    const name = path.slice(1);
    if (isFile(join(directory, name))) {
      return file(name, reply);
    }
    if (path !== '/' && !(request.headers.accept ?? '').includes('text/html')) {
      return replyNotFound(request, reply);
    }
    return isFile(join(directory, 'index.html'))
      ? file('index.html', reply)
      : reply.type('text/html').send(pageWithoutConsole);
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The decoded path; undefined where it cannot be one of ours. */
function pathOf(request: FastifyRequest): string | undefined {
  try {
    const path = decodeURIComponent(request.url.split('?')[0] ?? '/');
    return path.includes('\0') || path.split('/').includes('..') ? undefined : path;
  } catch {
    // A broken percent escape names nothing.
    return undefined;
  }
}
