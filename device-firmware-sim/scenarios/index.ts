/**
 * What happens to the machines, as data: a list of steps, each a fault, a repair or a reboot at a time.
 *
 * Invariants: a scenario is checked as a whole before its first step; on a set of which something is still broken the
 * steps do not start, so that a restart in the middle does not tell the story twice at once.
 */
export { type Cast, deviceOf, direct } from './director.ts';
export { loadScenario, quiet, Scenario, story } from './scenario.ts';
