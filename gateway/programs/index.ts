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
import { type Program, UsageError } from './program.ts';
import { replay } from './replay.ts';

/** In the order in which the usage shows them. */
const programs: readonly Program[] = [
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

/** Runs the one that is named first. Gives the exit code: 2 where it was called wrongly, and the usage is printed. */
export async function runProgram([name, ...parameters]: readonly string[]): Promise<0 | 2> {
  try {
    const program = programs.find((one) => one.name === name);
    if (program === undefined) {
      throw new UsageError();
    }
    await program.run(parameters);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    process.stderr.write(usage());
    return 2;
  }
}

function usage(): string {
  const lines = programs.map((program) => [`${program.name} ${program.parameters}`, program.title]);
  const rows = [['--config FILE', 'run the gateway'], ...lines];
  const width = Math.max(...rows.map(([call = '']) => call.length)) + 3;
  return `usage:\n${rows.map(([call = '', title]) => `  npm run gateway -- ${call.padEnd(width)}${title}\n`).join('')}`;
}
