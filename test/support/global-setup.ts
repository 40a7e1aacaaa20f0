import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers `GET /` with the DatabaseServer of this run as JSON; the first to ask starts it. */
    databaseServerAddress: string;
  }
}

/**
 * One PostgreSQL for the run, started when the first test asks for it, so that unit tests alone do not wait. It runs
 * below a process of its own that ends it as soon as its standard input closes: that happens however we end.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env.TZ = 'UTC';
  // Workers and the programs that tests start, hundreds of processes, need not all compile the same modules.
  process.env.NODE_COMPILE_CACHE ??= new URL('../../node_modules/.cache/compiled', import.meta.url).pathname;
  let child: ChildProcess | undefined;
  let description: Promise<string> | undefined;
  const server = createServer((_request, response) => {
    description ??= new Promise<string>((resolve, reject) => {
      child = startDatabaseServer(resolve, reject);
    });
    description.then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('the server of the test database has no port');
  }
  project.provide('databaseServerAddress', `http://127.0.0.1:${address.port}/`);
  return async () => {
    server.close();
    server.closeAllConnections();
    const running = child;
    if (running) {
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.stdin?.end();
      await ended;
    }
  };
}

function startDatabaseServer(resolve: (text: string) => void, reject: (error: Error) => void): ChildProcess {
  const child = spawn(process.execPath, [new URL('./database-server.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
    if (printed.endsWith('\n')) {
      resolve(printed.trim());
    }
  });
  child.once('exit', (code) => reject(new Error(`the test database ended with ${code} before it was ready`)));
  return child;
}
