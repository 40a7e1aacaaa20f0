import pino from 'pino';

/** A logger that says nothing, for parts tested without the application. */
export const quietLogger = pino({ level: 'silent' });
