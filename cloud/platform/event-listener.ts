import pg from 'pg';
import { type Announcements, channelOf } from './announcements.ts';

const reconnectAfterMilliseconds = 500;

export interface EventListener {
  /** Whatever was told before now may have been missed. */
  onConnected(): void;
  onError(error: Error): void;
}

/**
 * Takes in what other replicas announce, until the returned function is called. Reconnects by itself, and says so, for what was
 * notified meanwhile is lost. It has a connection of its own, apart from the pool.
 */
export function listenForEvents(
  pool: pg.Pool,
  announcements: Announcements,
  listener: EventListener,
): () => Promise<void> {
  let stopped = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const reconnectLater = (failed: pg.Client, error: Error): void => {
    if (stopped || client !== failed) {
      return;
    }
    client = undefined;
    listener.onError(error);
    timer = setTimeout(connect, reconnectAfterMilliseconds);
  };
  const connect = (): void => {
    const next = new pg.Client({ ...pool.options, keepAlive: true });
    client = next;
    next.on('notification', ({ channel, payload }) => announcements.receive(channel, payload ?? ''));
    next.on('error', (error) => reconnectLater(next, error));
    next.on('end', () => reconnectLater(next, new Error('the connection for notifications ended')));
    next
      .connect()
      .then(() => next.query(`listen ${channelOf.committed}; listen ${channelOf.ordered}`))
      .then(() => listener.onConnected())
      .catch((error: unknown) => {
        reconnectLater(next, error instanceof Error ? error : new Error(String(error)));
        return next.end();
      })
      .catch(listener.onError);
  };
  connect();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await client?.end();
  };
}
