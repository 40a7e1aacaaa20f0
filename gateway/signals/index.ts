/**
 * Judges raw values: the door between the connectors, which know wires, and everything else, which knows readings.
 */
export * from './signals-contract.ts';
