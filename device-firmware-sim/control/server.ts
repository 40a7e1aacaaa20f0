import { timingSafeEqual } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { AndonError, randomSecret } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Cast, deviceOf } from '../scenarios/index.ts';

/** The file in the data folder that says where the running simulator listens; only its owner may read it. */
export const controlFileName = 'control.json';

const bodyBytesMax = 4096;

const requestSchema = Compile(
  Type.Union([
    Type.Object({ action: Type.Literal('fault'), device: Type.String(), fault: Type.String() }),
    Type.Object({ action: Type.Literal('repair'), device: Type.String() }),
    Type.Object({ action: Type.Literal('devices') }),
  ]),
);

/** Opens the control door on a port of the system's choice, on this machine only. Gives a function that shuts it. */
export async function openControl(
  cast: Cast,
  dataDirectory: string,
  log: (line: string) => void,
): Promise<() => void> {
  const token = randomSecret();
  const server = createServer((request, response) => {
    void handle(cast, token, request, response, log);
  });
  await listening(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the control door has no port');
  const path = join(dataDirectory, controlFileName);
  rmSync(path, { force: true });
  writeFileSync(path, JSON.stringify({ url: `http://127.0.0.1:${address.port}`, token }), { mode: 0o600 });
  return () => {
    rmSync(path, { force: true });
    server.close();
    server.closeAllConnections();
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
}

async function handle(
  cast: Cast,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
  log: (line: string) => void,
): Promise<void> {
  const reply = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  try {
    if (!sameText(request.headers.authorization ?? '', `Bearer ${token}`)) {
      reply(401, { code: 'simulator.control-refused', message: 'Read the token in control.json.' });
      return;
    }
    const body: unknown = JSON.parse(await textOf(request));
    if (!requestSchema.Check(body)) {
      reply(422, {
        code: 'simulator.control-request',
        message: 'Say {"action": "fault", "device", "fault"}.',
      });
      return;
    }
    if (body.action === 'fault') {
      deviceOf(cast, body.device).inject(body.fault);
      log(`${body.device} breaks on request: ${body.fault}`);
    } else if (body.action === 'repair') {
      deviceOf(cast, body.device).repair();
      log(`${body.device} is repaired on request`);
    }
    reply(200, { devices: [...cast.values()].map(described) });
  } catch (error) {
    if (error instanceof AndonError) {
      reply(error.status, { code: error.code, message: error.message, nextStep: error.nextStep });
    } else if (error instanceof SyntaxError) {
      reply(400, { code: 'simulator.control-json', message: error.message });
    } else {
      log(`control: ${error instanceof Error ? error.message : String(error)}`);
      reply(500, { code: 'simulator.control-failed', message: 'See the log of the simulator.' });
    }
  }
}

function described(device: ReturnType<typeof deviceOf>): object {
  return {
    id: device.id,
    running: device.running,
    bootId: device.bootId,
    fault: device.fault?.name ?? null,
    faults: device.faultNames,
    values: device.measure(),
  };
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > bodyBytesMax) {
      throw new AndonError({
        code: 'simulator.control-too-long',
        message: 'The request is too long.',
        nextStep: `Keep it under ${bodyBytesMax} bytes.`,
        status: 413,
      });
    }
  }
  return text;
}
