/**
 * The live stream: what was committed, told to every browser that watches.
 *
 * Actors: one reader of the event log for the whole process; any number of viewers, each with a bounded buffer.
 * A viewer that resumes with `Last-Event-ID` first reads what it missed from the log by itself, then joins the shared
 * reader where that stands; nothing is told twice, nothing is left out.
 *
 * What may go wrong: a viewer that does not read is cut off at its buffer's limit, and resumes when it comes back. A
 * viewer that was away for very long is told `reset` and begins at the end of the log: it loads its page anew. The
 * database goes away: the stream stays open and goes on later; one that begins then is ended, and comes again. A viewer
 * whose user was changed or whose API key was revoked is ended too: when it comes again it is asked who it is.
 */
export { createLiveStream, type LiveStream } from './live-stream.ts';
