import { type Database, sql, type Transaction } from '../platform/index.ts';

export type PhotoTables = {
  work_order_photos: {
    id: string;
    work_order_id: string;
    media_type: 'image/jpeg' | 'image/png' | 'image/webp';
    caption: string | null;
    content: Buffer;
    taken_by: string;
    created_at: Date;
  };
};
export type PhotoRow = PhotoTables['work_order_photos'];

export async function insertPhoto(transaction: Transaction, photo: PhotoRow): Promise<void> {
  await transaction.withTables<PhotoTables>().insertInto('work_order_photos').values(photo).execute();
}

export async function countPhotos(database: Database, workOrderId: string): Promise<number> {
  const found = await sql<{ count: number }>`
    select count(*)::integer as count from work_order_photos where work_order_id = ${workOrderId}`.execute(
    database,
  );
  return found.rows[0]?.count ?? 0;
}

/** Without their content. */
export async function listPhotos(
  database: Database,
  workOrderId: string,
): Promise<Omit<PhotoRow, 'content' | 'work_order_id'>[]> {
  return database
    .withTables<PhotoTables>()
    .selectFrom('work_order_photos')
    .select(['id', 'media_type', 'caption', 'taken_by', 'created_at'])
    .where('work_order_id', '=', workOrderId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export async function findPhoto(
  database: Database,
  workOrderId: string,
  photoId: string,
): Promise<PhotoRow | undefined> {
  return database
    .withTables<PhotoTables>()
    .selectFrom('work_order_photos')
    .selectAll()
    .where('work_order_id', '=', workOrderId)
    .where('id', '=', photoId)
    .executeTakeFirst();
}
