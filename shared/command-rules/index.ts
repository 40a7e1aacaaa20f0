/**
 * Command rules: when a command may act, and routines, checked before they are put into force.
 *
 * A guard and a routine are data, written in a gateway's file or in a device category. Both places refuse what cannot
 * work (a formula that cannot be read or is no yes or no, a signal that the device does not have, a routine of a
 * command that means something else) with the same words, which is why the check stands here.
 */
export { type CommandRuleMistake, commandRuleMistakes } from './mistakes.ts';
