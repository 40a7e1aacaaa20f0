import { createServer } from 'node:net';
import { AndonError } from '@andon/shared/kernel';
import type { PortSetting } from './config.ts';

/** Finds out the port to use: the one asked for if it is free, or any free one for port 0. */
export async function claimPort({ port, setting, what }: PortSetting): Promise<number> {
  const outcome = await tryPort(port);
  if (typeof outcome === 'number') return outcome;
  const reason =
    outcome.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${outcome.code})`;
  throw new AndonError({
    code: 'one-machine.port-in-use',
    message: `Port ${port}, wanted for ${what}, ${reason}.`,
    nextStep: `Stop the other program, or choose another port: ${setting}=${port + 10} npm start`,
    field: setting,
    cause: outcome,
  });
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
