import type { FastifyRequest } from 'fastify';
import type { App } from '../capability.ts';
import { decodeTableText } from '../tables/text.ts';

/** A body of `text/csv` is the text of the table, in the encoding that it says. */
export function readTables(app: App): void {
  app.addContentTypeParser('text/csv', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    decodeTableText(body, request.headers['content-type']),
  );
}
