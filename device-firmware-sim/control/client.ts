import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { controlFileName } from './server.ts';

export type ControlRequest =
  | { readonly action: 'fault'; readonly device: string; readonly fault: string }
  | { readonly action: 'repair'; readonly device: string }
  | { readonly action: 'devices' };

const doorSchema = Compile(Type.Object({ url: Type.String(), token: Type.String() }));
const answerSchema = Compile(
  Type.Object({
    message: Type.Optional(Type.String()),
    nextStep: Type.Optional(Type.String()),
    devices: Type.Optional(
      Type.Array(
        Type.Object({
          id: Type.String(),
          running: Type.Boolean(),
          bootId: Type.String(),
          fault: Type.Union([Type.String(), Type.Null()]),
          faults: Type.Array(Type.String()),
          values: Type.Unknown(),
        }),
      ),
    ),
  }),
);

/** One line per device, as the running simulator of this data folder describes it after the request. */
export async function control(dataDirectory: string, request: ControlRequest): Promise<string[]> {
  const door = doorOf(dataDirectory);
  let response: Response;
  try {
    response = await fetch(door.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${door.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
  } catch (error) {
    throw notRunning(dataDirectory, error);
  }
  const answer: unknown = await response.json();
  if (!answerSchema.Check(answer)) throw notRunning(dataDirectory);
  if (!response.ok) {
    throw new AndonError({
      code: 'simulator.control-answer',
      message: answer.message ?? `The simulator answered ${response.status}.`,
      nextStep: answer.nextStep ?? 'See its log.',
    });
  }
  return (answer.devices ?? []).map(
    ({ id, running, bootId, fault, faults, values }) =>
      `${id}  ${running ? 'running' : 'rebooting'}  boot ${bootId}  ` +
      `fault ${fault ?? 'none'} (of ${faults.join(', ')})  ${JSON.stringify(values)}`,
  );
}

function doorOf(dataDirectory: string): { url: string; token: string } {
  let door: unknown;
  try {
    door = JSON.parse(readFileSync(join(dataDirectory, controlFileName), 'utf8'));
  } catch (error) {
    throw notRunning(dataDirectory, error);
  }
  if (!doorSchema.Check(door)) throw notRunning(dataDirectory);
  return door;
}

function notRunning(dataDirectory: string, cause?: unknown): AndonError {
  return new AndonError({
    code: 'simulator.not-running',
    message: `No simulator is running over ${dataDirectory}.`,
    nextStep: 'Start one with "npm start" or "npm run sim -- run", or name its folder with --data.',
    cause,
  });
}
