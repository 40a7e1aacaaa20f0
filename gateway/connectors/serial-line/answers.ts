import type { SerialLineConnector } from '@andon/shared/contracts';

const timeoutMillisecondsDefault = 2000;
const waitingMax = 64;

export type AnswerStatus = 'accepted' | 'rejected' | 'succeeded' | 'failed';

export interface Answer {
  readonly id: string;
  readonly status: AnswerStatus;
  readonly reason?: string;
}

/** Reads `tag id reason?`; undefined where the tag is none of the configured ones. */
export function answerIn(
  fields: readonly string[],
  tags: SerialLineConnector['answers'],
): Answer | undefined {
  const [tag, id = '', ...reason] = fields;
  const statuses: [string | undefined, AnswerStatus][] = [
    [tags?.acceptedTag ?? 'ACK', 'accepted'],
    [tags?.rejectedTag ?? 'NAK', 'rejected'],
    [tags?.succeededTag, 'succeeded'],
    [tags?.failedTag, 'failed'],
  ];
  const status = statuses.find(([known]) => known !== undefined && known === tag)?.[1];
  if (status === undefined || id === '') {
    return undefined;
  }
  return reason.length === 0 ? { id, status } : { id, status, reason: reason.join(' ').slice(0, 200) };
}

/** Who waits for an answer to what it sent. */
export class AwaitedAnswers {
  readonly #timeoutMilliseconds: number;
  readonly #waiting = new Map<string, (answer: Answer | undefined) => void>();

  constructor(tags: SerialLineConnector['answers']) {
    this.#timeoutMilliseconds = tags?.timeoutMilliseconds ?? timeoutMillisecondsDefault;
  }

  get full(): boolean {
    return this.#waiting.size >= waitingMax;
  }

  /** Resolves with the answer, or with undefined when none came in time. Ask before you send. */
  expect(id: string): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(undefined), this.#timeoutMilliseconds);
      const settle = (answer: Answer | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      this.#waiting.set(id, settle);
    });
  }

  /** Did somebody wait for it? */
  came(answer: Answer): boolean {
    const settle = this.#waiting.get(answer.id);
    settle?.(answer);
    return settle !== undefined;
  }

  giveUp(): void {
    for (const settle of this.#waiting.values()) {
      settle(undefined);
    }
  }
}
