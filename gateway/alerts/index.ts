/**
 * Runs the alert rules of this gateway's devices: the shell around `shared/alert-rules`.
 *
 * Actors: the pipeline hands in configurations, readings and ticks, and commits what comes back (transitions,
 * states and local actions, with the readings that led to them) in one transaction; the status page asks for the
 * open alerts.
 *
 * States: what must survive a restart is the state of each rule of each device, as a row of JSON by the key
 * `deviceId/ruleName`. A rule with which all is well has no row. Memory is ahead of the store
 * until the commit; where that fails the pipeline owes it, and the rules go on in memory.
 *
 * Invariants: one call gives each changed state once; a call that changed nothing gives three empty lists and
 * writes nothing. Local actions go out when an occurrence is raised and when it is cleared, not in between. Rules
 * are kept by signal, so that a reading meets its own rules only, and are woken from a queue ordered by time.
 *
 * A moment of a device (readings of one time, each signal once) is taken in as a whole before rules that look at several
 * signals are judged. A rule that looks at another one is told when that one is raised or cleared. What such rules
 * remember is stored at once where it matters, and else now and then: a kill costs a sixtieth of a window at most.
 *
 * Devices of one line (a connector, the broker) are a group: the first `stale` or `badQuality` alert of a line from which
 * nothing GOOD is heard any more stands for the others, which are its children. After a restart the open alert of the
 * line is found again by its state.
 *
 * A person shelves, unshelves and resets rules through `ask`; it comes by the control socket, or as a command that the
 * gateway itself carries out. The flight recorder keeps what devices send, and gives it with the alert.
 *
 * Silence counts from the first GOOD value ever, and while the gateway listens: from the first configuration that has
 * the rule, and anew from a restart (the time it was down says nothing of the device). That a signal was heard of is
 * stored once, in the state of its rule, and goes over to other rules of the same signal; when it was last heard of is
 * held in memory only, so that a quiet signal costs no write. The delays of limits do survive, as they are in the state.
 *
 * What may go wrong: a state that cannot be read stops the start (`alert-rules.state-unreadable`); of two rules of a
 * device with one name the first counts; a wall clock that was set forward looks like silence unless the caller
 * says so with `clockStepped`.
 */
export { createAlertEngine } from './alert-engine.ts';
export * from './alert-engine-contract.ts';
export { FlightRecorder, type Frame } from './flight-recorder/index.ts';
export { Lines } from './lines.ts';
export { attemptRuleCommand } from './rule-command.ts';
