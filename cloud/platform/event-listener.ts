import pg from 'pg';
import { eventChannel, orderChannel } from './event-log.ts';

const reconnectAfterMilliseconds = 500;

export interface EventListener {
  /** A transaction with events (or with anything else that tasks look for) was committed. */
  onCommitted(): void;
  /** Committed events got their order, and can be read. */
  onOrdered(): void;
  onError(error: Error): void;
}

/**
 * Tells the listener until the returned function is called. Reconnects by itself, and tells both then, for what was
 * notified meanwhile is lost. It has a connection of its own, apart from the pool.
 */
export function listenForEvents(pool: pg.Pool, listener: EventListener): () => Promise<void> {
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
    next.on('notification', ({ channel }) =>
      channel === orderChannel ? listener.onOrdered() : listener.onCommitted(),
    );
    next.on('error', (error) => reconnectLater(next, error));
    next.on('end', () => reconnectLater(next, new Error('the connection for notifications ended')));
    next
      .connect()
      .then(() => next.query(`listen ${eventChannel}; listen ${orderChannel}`))
      .then(() => {
        listener.onCommitted();
        listener.onOrdered();
      })
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
