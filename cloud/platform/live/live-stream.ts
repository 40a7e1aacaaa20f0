import { AndonError } from '@andon/shared/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { auditRoutes } from '../audit/index.ts';
import { type Principal, principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { isDatabaseAway } from '../database.ts';
import { endOfLog, type PositionedEvent, readEvents } from '../event-log.ts';
import { maySee } from '../event-visibility.ts';
import { eventListRoute } from './event-list.ts';
import { parsePosition, resetLines, toLines } from './server-sent-events.ts';

export interface LiveStream {
  routes(app: App): void;
  /** Looks into the log now. */
  wake(): void;
  /** Ends all streams; viewers reconnect elsewhere or later. */
  stop(): void;
}

const heartbeatMilliseconds = 15_000;
const lookAgainMilliseconds = 1_000;
const eventsPerReadMax = 500;
/** Who missed more than this begins anew. */
const missedEventsMax = 5_000;
const viewersMax = 500;
/** So that one alone cannot keep all others from looking. */
const viewersOfOneMax = 50;
const bufferedBytesMax = 1024 * 1024;

/** After these, whose key is who it is, a viewer is asked anew: it may be nobody by now. */
const changesOfPrincipals = new Set(['user.changed', 'user.signed-out', 'session.ended', 'api-key.revoked']);
/** What of it concerns the keys of a user, too. */
const changesOfOwners = new Set(['user.changed']);

interface Viewer {
  /** Whose credentials it was opened with. */
  readonly principal: Principal;
  /** Up to where it was told; undefined while it still reads on its own. */
  position: number | undefined;
  write(text: string): void;
  end(): void;
}

export function createLiveStream(platform: Platform): LiveStream {
  const viewers = new Set<Viewer>();
  let position: number | undefined;
  let reading: Promise<void> | undefined;
  let wokenWhileReading = false;
  let timer: NodeJS.Timeout | undefined;

  const schedule = (milliseconds: number): void => {
    clearTimeout(timer);
    if (viewers.size > 0) {
      timer = setTimeout(read, milliseconds);
    }
  };
  const report = (error: unknown): void => {
    if (!isDatabaseAway(error)) {
      platform.logger.error({ err: error }, 'the live stream could not read');
    }
  };
  /** The one reader: every event is read once, however many look on. It rests while nobody does. */
  const read = (): void => {
    wokenWhileReading = false;
    reading ??= readOn()
      .catch((error: unknown) => {
        report(error);
        return false;
      })
      .then((more) => {
        reading = undefined;
        schedule(more || wokenWhileReading ? 5 : lookAgainMilliseconds);
      });
  };
  const readOn = async (): Promise<boolean> => {
    position ??= await endOfLog(platform.database);
    const from = position;
    const events = await readEvents(platform.database, from, eventsPerReadMax);
    if (position !== from) {
      // A viewer that joined meanwhile has taken us back to where it stands.
      return true;
    }
    tell(viewers, events);
    position = events.at(-1)?.position ?? from;
    return events.length === eventsPerReadMax;
  };
  const remove = (viewer: Viewer): void => {
    viewers.delete(viewer);
    if (viewers.size === 0) {
      clearTimeout(timer);
      position = undefined;
    }
  };
  const open = async (
    request: FastifyRequest,
    reply: FastifyReply,
    from: number | undefined,
  ): Promise<void> => {
    const viewer = openViewer(request, reply, () => remove(viewer));
    viewers.add(viewer);
    try {
      viewer.position = await catchUp(platform, viewer, from);
    } catch (error) {
      // It would wait for ever otherwise; so it comes again, and may have more luck.
      report(error);
      viewer.end();
      return;
    }
    // The shared reader stands elsewhere: behind, and it skips what this viewer has; or ahead, and then it goes back.
    position = Math.min(position ?? viewer.position, viewer.position);
    schedule(0);
  };
  const beat = setInterval(() => {
    const now = platform.clock.now();
    for (const viewer of viewers) {
      viewer.write(': still here\n\n');
      if (viewer.principal.endsAt !== undefined && viewer.principal.endsAt <= now) {
        viewer.end();
      }
    }
  }, heartbeatMilliseconds);
  beat.unref();

  return {
    routes(app) {
      liveRoute(app, (principal) => refuseTooMany(viewers, principal), open);
      eventListRoute(app, platform.database);
      auditRoutes(app, platform.database);
    },
    wake() {
      wokenWhileReading = true;
      if (reading === undefined) {
        schedule(0);
      }
    },
    stop() {
      clearInterval(beat);
      clearTimeout(timer);
      for (const viewer of viewers) {
        viewer.end();
      }
    },
  };
}

function tell(viewers: ReadonlySet<Viewer>, events: readonly PositionedEvent[]): void {
  for (const event of events) {
    const lines = toLines(event);
    for (const viewer of viewers) {
      if (viewer.position !== undefined && event.position > viewer.position) {
        viewer.position = event.position;
        if (maySee(viewer.principal, event.type)) {
          viewer.write(lines);
        }
      }
      if (concerns(viewer.principal, event)) {
        viewer.end();
      }
    }
  }
}

function concerns({ id, ownerId }: Principal, { key, type }: PositionedEvent): boolean {
  return (id === key && changesOfPrincipals.has(type)) || (ownerId === key && changesOfOwners.has(type));
}

function refuseTooMany(viewers: ReadonlySet<Viewer>, { id, name }: Principal): void {
  const own = [...viewers].filter((viewer) => viewer.principal.id === id).length;
  if (own >= viewersOfOneMax) {
    throw new AndonError({
      code: 'platform.too-many-own-viewers',
      message: `The limit of ${viewersOfOneMax} live streams of ${name} is reached.`,
      nextStep: 'Close some of them.',
      status: 429,
      details: { limitName: 'own-live-streams', limit: viewersOfOneMax, retryAfterSeconds: 5 },
    });
  }
  if (viewers.size >= viewersMax) {
    throw new AndonError({
      code: 'platform.too-many-viewers',
      message: `The limit of ${viewersMax} live streams is reached.`,
      nextStep: 'Close a window, or try again later.',
      status: 503,
      details: { limitName: 'live-streams', limit: viewersMax, retryAfterSeconds: 5 },
    });
  }
}

function liveRoute(
  app: App,
  refuse: (principal: Principal) => void,
  open: (request: FastifyRequest, reply: FastifyReply, from: number | undefined) => Promise<void>,
): void {
  app.get(
    '/v1/live',
    {
      config: { permission: 'events:read' },
      schema: {
        summary: 'Committed events as server-sent events; resumable by Last-Event-ID',
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 60 })) }),
      },
    },
    async (request, reply) => {
      refuse(principalOf(request));
      const lastId = request.headers['last-event-id'];
      await open(request, reply, lastId === undefined ? undefined : parsePosition(lastId));
    },
  );
}

/** Opens the answer. Whoever does not read is cut off when its buffer is full. */
function openViewer(request: FastifyRequest, reply: FastifyReply, onClose: () => void): Viewer {
  reply.hijack();
  const { raw } = reply;
  const viewer: Viewer = {
    principal: principalOf(request),
    position: undefined,
    write(text) {
      if (raw.writableEnded) {
        return;
      }
      if (raw.writableLength > bufferedBytesMax) {
        request.log.info('a viewer of the live stream does not read and is cut off');
        raw.destroy();
        return;
      }
      raw.write(text);
    },
    end() {
      onClose();
      raw.end();
    },
  };
  raw.once('close', onClose);
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    raw.setHeader(name, value ?? '');
  }
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that buffer answers would hold the events back.
    'x-accel-buffering': 'no',
  });
  raw.write('retry: 1000\n\n');
  return viewer;
}

/** Tells a viewer what it missed; gives where it stands then. */
async function catchUp(platform: Platform, viewer: Viewer, from: number | undefined): Promise<number> {
  let position = from ?? (await endOfLog(platform.database));
  if (from === undefined) {
    return position;
  }
  for (let told = 0; ; ) {
    const events = await readEvents(platform.database, position, eventsPerReadMax);
    for (const event of events) {
      if (maySee(viewer.principal, event.type)) {
        viewer.write(toLines(event));
      }
      position = event.position;
    }
    told += events.length;
    if (events.length < eventsPerReadMax) {
      return position;
    }
    if (told >= missedEventsMax) {
      viewer.write(resetLines);
      return endOfLog(platform.database);
    }
  }
}
