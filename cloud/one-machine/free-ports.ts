import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { AndonError } from '@andon/shared/kernel';
import type { PortSetting } from './config.ts';

/** The parts of a run that was killed need a moment to notice it and let go of their ports. */
const patienceMilliseconds = 6000;
const retryMilliseconds = 150;

/** Finds out the port to use: the one asked for if it is free, or any free one for port 0. */
export async function claimPort({ port, setting, what }: PortSetting): Promise<number> {
  const attemptsMax = Math.ceil(patienceMilliseconds / retryMilliseconds);
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryPort(port);
    if (typeof outcome === 'number') return outcome;
    if (outcome.code === 'EADDRINUSE' && attempt < attemptsMax) {
      await delay(retryMilliseconds);
      continue;
    }
    const reason =
      outcome.code === 'EADDRINUSE' ? 'is in use by another program' : `fails: ${outcome.message}`;
    throw new AndonError({
      code: 'one-machine.port-in-use',
      message: `Port ${port}, wanted for ${what}, ${reason}.`,
      nextStep: `Stop the other program, or choose another port: ${setting}=${port + 10} npm start`,
      field: setting,
      cause: outcome,
    });
  }
}

function tryPort(port: number): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => {
      const address = server.address();
      const taken = address !== null && typeof address === 'object' ? address.port : port;
      server.close(() => resolve(taken));
    });
  });
}
