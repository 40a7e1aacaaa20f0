import { connect } from 'node:net';
import { seldomValidatorOf } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { ControlAnswer, type ControlRequest, socketPath } from './protocol.ts';

const checkAnswer = seldomValidatorOf(ControlAnswer);

/** Asks the gateway that runs on this data directory. Rejects where none runs, or with what it says is wrong. */
export async function askGateway(dataDirectory: string, request: ControlRequest): Promise<void> {
  const text = await exchange(socketPath(dataDirectory), `${JSON.stringify(request)}\n`);
  const answer: unknown = JSON.parse(text);
  if (!checkAnswer.Check(answer)) {
    throw new Error('the gateway answered what is not understood');
  }
  if (answer.error !== undefined) {
    throw new AndonError({
      code: 'control.refused',
      message: answer.error,
      nextStep: answer.nextStep ?? 'Look at the status page and the log of the gateway.',
    });
  }
}

function exchange(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => socket.write(line));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', (error) => reject(noGateway(error)));
  });
}

const noGateway = (cause: unknown): AndonError =>
  new AndonError({
    code: 'control.no-gateway',
    message: 'No gateway runs on this data directory.',
    nextStep: 'Start it first; a person who may write to its data directory may ask it.',
    cause,
  });
