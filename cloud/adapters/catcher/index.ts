/**
 * Where messages end in the one-machine mode: a mail catcher (SMTP) and an SMS centre (SMPP 3.4), both real
 * servers on loopback ports, so that the adapters run exactly the code that they run against an operator.
 *
 * Actors: the smtp and smpp adapters, and people who read in the console what was received and answer a text.
 * Invariants: a message is acknowledged after it is stored; only the newest `receivedMessagesMax` are kept; nobody
 * from outside of the machine can reach either server, and the SMS centre asks for a password made at the start.
 * What may go wrong: the database is away (the sender is told to try again).
 */
export * from './catcher.ts';
export { openMailCatcher } from './mail-catcher.ts';
export { receivedMessagesMax } from './received-store.ts';
export { type CaughtText, openSmsCentre } from './sms-centre.ts';
