import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe } from 'vitest';

const inContinuousIntegration = Boolean(process.env.CI);

/** Is this program on the PATH? */
export function hasProgram(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Declares a suite that needs something of the machine: `needs` maps what to say to whether it is there. In
 * continuous integration nothing is left out: what is absent fails there. Elsewhere the suite is left out, and
 * its title says why.
 */
export function describeRequiring(title: string, needs: Record<string, boolean>, suite: () => void): void {
  const absent = Object.keys(needs).filter((need) => !needs[need]);
  if (absent.length === 0 || inContinuousIntegration) {
    describe(title, suite);
    return;
  }
  describe.skip(`${title} (left out: ${absent.join(', ')} not found on this machine)`, suite);
}

/** The recording of a real machine, where it is at hand. */
export const recordingFile = new URL('../../../shared/data/machine_temperature.csv', import.meta.url)
  .pathname;
export const hasRecording = existsSync(recordingFile);
