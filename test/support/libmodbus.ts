import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasLibmodbus = existsSync('/usr/include/modbus/modbus.h');

/** Compiles the slave, once for a test file. */
export function compileSlave(): string {
  const program = join(mkdtempSync(join(tmpdir(), 'andon-libmodbus-')), 'slave');
  const source = new URL('libmodbus-slave.c', import.meta.url).pathname;
  execFileSync('gcc', ['-O1', '-Wall', '-Werror', source, '-o', program, '-lmodbus']);
  return program;
}

/** Starts a program and resolves with what a line of it matches; rejects where it ends without. */
export function startProgram(
  program: string,
  parameters: readonly string[],
  line: RegExp,
): Promise<{ process: ChildProcess; match: string }> {
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    const heard = (bytes: Buffer) => {
      said += bytes.toString();
      const found = line.exec(said);
      if (found !== null) {
        resolve({ process: child, match: found[1] ?? '' });
      }
    };
    child.stdout.on('data', heard);
    child.stderr.on('data', heard);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
  });
}
