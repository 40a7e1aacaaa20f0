import type { SerialCommand } from '@andon/shared/contracts';
import { type Expression, expressionOf } from '@andon/shared/serial-framing';
import type { Answer } from './answers.ts';
import { textOf } from './frame.ts';

const timeoutMillisecondsDefault = 2000;
/** Of an answer without a frame: so many of the last bytes are looked at. */
const bareBytesMax = 1024;
const reasonLengthMax = 200;

/** What a command expects the machine to say. */
export interface ExpectedReply {
  readonly success: Expression;
  readonly failure: Expression | undefined;
  readonly inFrame: boolean;
  readonly timeoutMilliseconds: number;
}

export type Reply = Pick<Answer, 'reason'> & { readonly status: 'succeeded' | 'failed' };

export function expectedReplyOf(answer: NonNullable<SerialCommand['answer']>): ExpectedReply {
  return {
    success: expressionOf(answer.pattern),
    failure: answer.failedPattern === undefined ? undefined : expressionOf(answer.failedPattern),
    inFrame: answer.in !== 'bytes',
    timeoutMilliseconds: answer.timeoutMilliseconds ?? timeoutMillisecondsDefault,
  };
}

/** Waits for the machine's reply to the one command that is under way. */
export class Replies {
  #expected: ExpectedReply | undefined;
  #settle: (reply: Reply | undefined) => void = () => undefined;
  #heard = '';

  /** Resolves with the reply, or with undefined when none came in time. Ask before you send. */
  expect(expected: ExpectedReply): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(undefined), expected.timeoutMilliseconds);
      this.#expected = expected;
      this.#heard = '';
      this.#settle = (reply) => {
        clearTimeout(timer);
        this.#expected = undefined;
        resolve(reply);
      };
    });
  }

  /** Was this frame the reply? */
  frame(body: string): boolean {
    return this.#expected?.inFrame === true && this.#judge(body);
  }

  /** Bytes as they come, of which some may be a reply without a frame. */
  bytes(bytes: Uint8Array): void {
    if (this.#expected !== undefined && !this.#expected.inFrame) {
      this.#heard = (this.#heard + textOf(bytes)).slice(-bareBytesMax);
      this.#judge(this.#heard);
    }
  }

  giveUp(): void {
    this.#settle(undefined);
  }

  #judge(text: string): boolean {
    // Success first: an expression for anything else is then good enough for failure.
    if (this.#expected?.success.match(text) !== undefined) {
      this.#settle({ status: 'succeeded' });
      return true;
    }
    const failure = this.#expected?.failure?.match(text);
    if (failure !== undefined) {
      const reason = (failure.get('reason') ?? text).trim().slice(0, reasonLengthMax);
      this.#settle({ status: 'failed', reason });
      return true;
    }
    return false;
  }
}
