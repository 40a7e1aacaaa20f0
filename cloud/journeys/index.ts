/**
 * Journeys: what happens to whom after something happened, as data that people can read, test and change.
 *
 * Actors: capabilities on the left, whose committed events raise the triggers of the product (a device error, a case
 * opened, a case's status changed); programs and people, who raise triggers of their own; service managers, who make
 * journeys; contacts, who are told.
 *
 * A trigger has typed attributes and is a draft until it is ready to use; a trigger event is one raise of it. A
 * journey is a draft, live, or stopped; its versions are kept. A run is one trigger event going through one version
 * of a journey: in progress, done, or exited.
 *
 * The interpreter is pure: (definition, state, input, now) gives a state and effects. The shell commits the state,
 * the effects (triggers raised, messages queued, steps counted), what the run listens for, and the event that moved
 * it, in one transaction.
 *
 * Invariants: a business event raises its trigger once, a step of a run raises or sends once, a trigger event begins
 * at most one run of a journey (unique indexes); inflow = in progress + done + exited; a run keeps its version; a
 * draft trigger begins nothing; a test moves only tests.
 *
 * What may go wrong: journeys that raise each other in a circle (the chain is cut at `causalDepthMax`, recorded); an
 * answer that comes before the step that waits for it (it is found when the step begins); attributes that are missing
 * at run time (the raise is refused and the run exits, with the reason).
 */
export * from './attributes.ts';
export { businessTriggerOf } from './business-triggers.ts';
export { checkDefinition, type KnownTrigger } from './check-definition.ts';
export * from './condition.ts';
export * from './definition.ts';
export * from './interpreter.ts';
export * from './journeys.ts';
export { causalDepthMax } from './raise.ts';
