/**
 * The door for HTTP. Every request passes, in this order: request id, security headers, rate limit, cross-site
 * refusal, permission, inflation of the body, storable text, the schema, idempotency, the route. Whatever refuses
 * it answers with problem details that name the field and the next step; nothing of our insides is told.
 */
export { createHttp, type HttpOptions } from './create-http.ts';
export { forgetIdempotencyKeys } from './idempotency.ts';
export { listenOn } from './listen.ts';
export type { TlsSettings } from './tls.ts';
