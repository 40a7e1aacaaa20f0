/**
 * What the gateway's program does besides running: each a `Program` of its own file, in the list below.
 *
 * Invariants: each reads the configuration only through `config`, so that it judges as the gateway would. One that
 * needs a port or the data directory says so where a running gateway has it.
 */

import { reset, shelve, unshelve } from './alert-rule.ts';
import { busDoctor } from './bus-doctor.ts';
import { check } from './check.ts';
import { confirm, rollback, versions } from './configuration.ts';
import { credential } from './credential.ts';
import { enrol } from './enrol.ts';
import type { Program } from './program.ts';
import { replay } from './replay.ts';

export * from './program.ts';

/** In the order in which the usage shows them. */
export const programs: readonly Program[] = [
  enrol,
  check,
  credential,
  confirm,
  rollback,
  versions,
  busDoctor,
  replay,
  shelve,
  unshelve,
  reset,
];
