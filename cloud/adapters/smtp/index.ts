/**
 * Email by SMTP, over nodemailer's pool.
 *
 * Actors: notifications, which submits; a mail server, which answers.
 * Invariants: an attempt is one delivery of the content at most (the pool never repeats one by itself); the
 * Message-ID is the same in every attempt; no file or URL is ever read into a mail.
 * What may go wrong: refused for now or for good (the class of the answer decides), no connection (nothing went
 * out, try later), and the connection lost after content went out (unknown).
 */
export * from './smtp-adapter.ts';
export { outcomeOfSmtpError } from './smtp-outcome.ts';
