import {
  type Command,
  commandReason,
  mayBeRepeated,
  plainParameter,
  type SignalValue,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { isLineClosed } from '../byte-pipe/index.ts';
import type { Connector } from '../connector.ts';
import type { Counters } from '../counters.ts';
import type { Answer, AwaitedAnswers } from './answers.ts';
import type { LineTurns } from './line-turns.ts';
import type { Outgoing } from './outgoing.ts';
import type { Replies, Reply } from './replies.ts';
import type { Filling } from './template.ts';

type Result = Awaited<ReturnType<Connector['execute']>>;

export interface CommandLine {
  readonly name: string;
  readonly outgoing: ReadonlyMap<string, Outgoing>;
  readonly answers: AwaitedAnswers;
  readonly replies: Replies;
  readonly turns: LineTurns;
  readonly counters: Counters;
  send(bytes: Uint8Array): Promise<void>;
}

/** Commands and writable points of the device, and what it says to them. */
export class LineCommands {
  readonly #line: CommandLine;
  #writes = 0;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /**
   * Delivered when the device acknowledged it, or when it was sent and no answer is expected; succeeded or failed by
   * the reply that the configuration expects. What may not be repeated is not sent again without an answer: it could be
   * done twice.
   */
  async execute(command: Command): Promise<Result> {
    const outgoing = this.#line.outgoing.get(command.name);
    if (outgoing === undefined) {
      return {
        status: 'rejected',
        reason: commandReason('unknown-command', { command: command.name }),
      };
    }
    const { id: commandId, parameters } = command;
    const bytes = encodedOrRefused(outgoing, {
      commandId,
      value: plainParameter(parameters, 'value') ?? null,
      parameters,
    });
    if ('refusal' in bytes) {
      return { status: 'rejected', reason: bytes.refusal };
    }
    const answer = await this.#send(outgoing, commandId, bytes.encoded);
    if (answer === 'none') {
      return unanswered(command, outgoing);
    }
    if (answer === 'sent' || answer.status === 'accepted') {
      return { status: 'delivered' };
    }
    const { status, reason } = answer;
    return reason === undefined ? { status } : { status, reason };
  }

  async write(deviceId: string, point: string, value: SignalValue): Promise<void> {
    const outgoing = this.#line.outgoing.get(point);
    if (outgoing === undefined) {
      throw new AndonError({
        code: 'serial-line.not-writable',
        message: `The device ${deviceId} has no template for ${point}.`,
        nextStep: 'Add one to the templates of its connector.',
        field: 'point',
      });
    }
    this.#writes += 1;
    const commandId = `w${this.#writes}`;
    const answer = await this.#send(outgoing, commandId, outgoing.encode({ commandId, value }));
    if (answer === 'none') {
      throw noAnswer(deviceId);
    }
    if (answer !== 'sent' && (answer.status === 'rejected' || answer.status === 'failed')) {
      throw new AndonError({
        code: 'serial-line.write-refused',
        message: commandReason('write-refused', {
          device: deviceId,
          point,
          failure: answer.reason ?? answer.status,
        }),
        nextStep: 'Check the value against what the device takes.',
      });
    }
  }

  async #send(
    outgoing: Outgoing,
    commandId: string,
    bytes: Uint8Array,
  ): Promise<Answer | Reply | 'sent' | 'none'> {
    const { turns, replies, answers, name } = this.#line;
    const { reply } = outgoing;
    if (reply !== undefined) {
      return turns.run(true, async () => {
        const expected = replies.expect(reply);
        if (await this.#sendOrLose(bytes, () => replies.giveUp())) {
          return (await expected) ?? 'none';
        }
        return 'none';
      });
    }
    if (answers.full) {
      throw new AndonError({
        code: 'serial-line.answers-full',
        message: `Too many commands wait for an answer on the line ${name}.`,
        nextStep: 'Try again later.',
      });
    }
    const expected = outgoing.hasCommandId ? answers.expect(commandId) : undefined;
    if (!(await turns.run(true, () => this.#sendOrLose(bytes, () => undefined)))) {
      return 'none';
    }
    return expected === undefined ? 'sent' : ((await expected) ?? 'none');
  }

  /** False where some of it may have gone out, or all of it. Throws where nothing was sent. */
  async #sendOrLose(bytes: Uint8Array, giveUp: () => void): Promise<boolean> {
    try {
      await this.#line.send(bytes);
    } catch (error) {
      giveUp();
      if (isLineClosed(error)) {
        throw error;
      }
      return false;
    }
    this.#line.counters.add('framesSent');
    return true;
  }
}

/** A value that can never be sent is no reason to try again. */
function encodedOrRefused(
  outgoing: Outgoing,
  filling: Filling,
): { readonly encoded: Uint8Array } | { readonly refusal: string } {
  try {
    return { encoded: outgoing.encode(filling) };
  } catch (error) {
    if (error instanceof AndonError) {
      return { refusal: `${error.code}: ${error.message}` };
    }
    throw error;
  }
}

function unanswered(command: Command, outgoing: Outgoing): Result {
  if (mayBeRepeated(command)) {
    throw noAnswer(command.deviceId);
  }
  const reason = commandReason('unconfirmed-device');
  // The reply was the only word that could come; a reboot is known by the boot id.
  const failed = outgoing.reply !== undefined && command.name !== 'reboot';
  return { status: failed ? 'failed' : 'delivered', reason };
}

function noAnswer(deviceId: string): AndonError {
  return new AndonError({
    code: 'serial-line.no-answer',
    message: commandReason('no-answer-in-time', { device: deviceId }),
    nextStep: 'Look whether it still sends; a command is tried again until it expires.',
  });
}
