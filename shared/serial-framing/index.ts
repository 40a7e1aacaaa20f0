/**
 * The small languages in which a configuration says what stands on a serial line: how frames begin and end, their
 * checksums, expressions over their text, and templates of what is sent. The gateway runs them; whoever judges a
 * configuration, at the edge or in the cloud, reads them with the same code.
 *
 * Invariants: an expression costs time in proportion to the text that it reads, whatever it is (RE2); one character of
 * a text is one byte on the wire.
 */
export * from './checksums.ts';
export * from './escapes.ts';
export * from './expression.ts';
export * from './frame-format.ts';
export * from './outgoing.ts';
