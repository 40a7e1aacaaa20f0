import { AndonError } from '@andon/shared/kernel';
import { type App, appendEvent, inTransaction, principalOf, type Transaction } from '../platform/index.ts';
import { lockedAndOpen, type WorkOrdersGround } from './ground.ts';
import { countPhotos, findPhoto, insertPhoto, type PhotoRow } from './photo-store.ts';
import { presentWorkOrder } from './presentation.ts';
import { ById, PhotoOfWorkOrder, PhotoQuery, WorkOrder } from './schemas.ts';
import { addActivity } from './store.ts';

const photoBytesMax = 8 * 1024 * 1024;
const photosMax = 30;
const mediaTypes = ['image/jpeg', 'image/png', 'image/webp'] as const;
type MediaType = (typeof mediaTypes)[number];

/** The picture itself is the body; its kind is told by its first bytes, whatever the header says. */
export function photoRoutes(app: App, ground: WorkOrdersGround): void {
  const { database } = ground.platform;
  app.addContentTypeParser([...mediaTypes], { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  app.post(
    '/v1/work-orders/:id/photos',
    {
      config: { permission: 'work-orders:write' },
      bodyLimit: photoBytesMax,
      schema: {
        params: ById,
        querystring: PhotoQuery,
        consumes: [...mediaTypes],
        response: { 201: WorkOrder },
      },
    },
    async (request, reply) => {
      const photo = {
        workOrderId: request.params.id,
        caption: request.query.caption?.trim() || null,
        content: pictureIn(request.body),
        actor: principalOf(request).actor,
      };
      await inTransaction(database, (transaction) => addPhoto(transaction, ground, photo));
      return reply.status(201).send(await presentWorkOrder(database, photo.workOrderId));
    },
  );

  app.get(
    '/v1/work-orders/:id/photos/:photoId',
    { config: { permission: 'work-orders:read' }, schema: { params: PhotoOfWorkOrder } },
    async (request, reply) => {
      const photo = await findPhoto(database, request.params.id, request.params.photoId);
      if (photo === undefined) {
        throw new AndonError({
          code: 'work-orders.no-such-photo',
          message: 'There is no such photo.',
          nextStep: 'Look for it in the work order.',
          status: 404,
        });
      }
      // A photo never changes under its id.
      return reply
        .type(photo.media_type)
        .header('cache-control', 'private, max-age=31536000, immutable')
        .send(photo.content);
    },
  );
}

async function addPhoto(
  transaction: Transaction,
  { platform }: WorkOrdersGround,
  photo: {
    readonly workOrderId: string;
    readonly caption: string | null;
    readonly content: { readonly bytes: Buffer; readonly mediaType: MediaType };
    readonly actor: string;
  },
): Promise<void> {
  const row = await lockedAndOpen(transaction, { ...photo, expectedVersion: undefined });
  if ((await countPhotos(transaction, row.id)) >= photosMax) {
    throw new AndonError({
      code: 'work-orders.too-many-photos',
      message: `A work order has at most ${photosMax} photos.`,
      nextStep: 'Make another work order for the rest.',
      status: 409,
      details: { limit: photosMax },
    });
  }
  const now = new Date(platform.clock.now());
  const stored: PhotoRow = {
    id: platform.newId(),
    work_order_id: row.id,
    media_type: photo.content.mediaType,
    caption: photo.caption,
    content: photo.content.bytes,
    taken_by: photo.actor,
    created_at: now,
  };
  await insertPhoto(transaction, stored);
  await addActivity(transaction, {
    id: platform.newId(),
    work_order_id: row.id,
    at: now,
    kind: 'photo',
    title: 'Photo',
    detail: photo.caption,
    actor: photo.actor,
  });
  await appendEvent(transaction, {
    type: 'work-order.photo-added',
    key: row.id,
    payload: { workOrderId: row.id, number: row.number, photoId: stored.id },
    actor: photo.actor,
    occurredAt: now,
  });
}

/** @throws AndonError `work-orders.not-a-photo` (422) where it is none of the kinds that we keep. */
function pictureIn(body: unknown): { bytes: Buffer; mediaType: MediaType } {
  const mediaType = Buffer.isBuffer(body) ? mediaTypeOf(body) : undefined;
  if (!Buffer.isBuffer(body) || mediaType === undefined) {
    throw new AndonError({
      code: 'work-orders.not-a-photo',
      message: 'The body has to be a picture: JPEG, PNG or WebP.',
      nextStep: 'Send the file itself as the body, with its Content-Type.',
      field: 'body',
      status: 422,
    });
  }
  return { bytes: body, mediaType };
}

/** By the signatures of JPEG (ISO/IEC 10918-1), PNG (ISO/IEC 15948) and WebP (RFC 9649). */
function mediaTypeOf(bytes: Buffer): MediaType | undefined {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) {
    return 'image/jpeg';
  }
  if (bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) {
    return 'image/png';
  }
  return bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'
    ? 'image/webp'
    : undefined;
}
