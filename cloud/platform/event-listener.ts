import pg from 'pg';
import { eventChannel } from './event-log.ts';

const reconnectAfterMilliseconds = 500;

/**
 * Calls `wake` whenever events were committed, until the returned function is called. Reconnects by itself, and wakes
 * then, for what was notified meanwhile is lost. It has a connection of its own, apart from the pool.
 */
export function listenForEvents(
  pool: pg.Pool,
  wake: () => void,
  onError: (error: Error) => void,
): () => Promise<void> {
  let stopped = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const reconnectLater = (failed: pg.Client, error: Error): void => {
    if (stopped || client !== failed) {
      return;
    }
    client = undefined;
    onError(error);
    timer = setTimeout(connect, reconnectAfterMilliseconds);
  };
  const connect = (): void => {
    const next = new pg.Client({ ...pool.options, statement_timeout: 0, keepAlive: true });
    client = next;
    next.on('notification', wake);
    next.on('error', (error) => reconnectLater(next, error));
    next.on('end', () => reconnectLater(next, new Error('the connection for notifications ended')));
    next
      .connect()
      .then(() => next.query(`listen ${eventChannel}`))
      .then(wake)
      .catch((error: unknown) => {
        reconnectLater(next, error instanceof Error ? error : new Error(String(error)));
        return next.end();
      })
      .catch(onError);
  };
  connect();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await client?.end();
  };
}
