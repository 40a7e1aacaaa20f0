/**
 * Text messages by SMPP 3.4, over the package `smpp`.
 *
 * Actors: notifications, which submits; an SMS centre, which answers, sends receipts and what people reply.
 * States of the connection: connecting, signed in, lost (again connecting, with back-off). A window of submits
 * waits for answers at once. A silent centre is found by enquire_link and dropped.
 * Invariants: a submit is written to the wire once; a receipt or text is acknowledged after it is committed.
 * What may go wrong: throttled or full (try later), refused (for good), cut or silent after a submit (unknown), a
 * receipt whose id is written in another base or comes before the answer (notifications sorts that out).
 */

export { deliveryOf } from './delivery.ts';
export * from './smpp-adapter.ts';
export { parseSmppUrl } from './smpp-url.ts';
