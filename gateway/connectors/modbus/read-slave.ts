import type { ReadBlock } from '@andon/shared/modbus-plan';
import type { RawValue } from '../connector.ts';
import type { Request, Response } from './pdu.ts';
import { failedValues, requestOf, valuesOf } from './read-blocks.ts';
import type { Slave } from './slave.ts';
import type { Outcome } from './transport.ts';

/** A block that got no answer of the slave, why, and how long it was waited for. */
export interface Unanswered {
  readonly block: ReadBlock;
  readonly reason: string;
  readonly milliseconds: number;
}

/** What a poll of a slave brought. */
export interface Cycle {
  readonly values: readonly RawValue[];
  readonly answered: boolean;
  readonly lineLost: boolean;
  /** Why the last block that got no answer of the slave got none. */
  readonly failure: string | undefined;
  readonly unanswered: readonly Unanswered[];
  /** The blocks that the slave refused as such: it does not have them, and asking again will not help. */
  readonly refused: readonly ReadBlock[];
  /** The exceptions of the slave, one for each request of which nothing was read. */
  readonly exceptions: readonly string[];
  readonly blocksDivided: number;
}

export interface Asking {
  /** Asks the slave, once the bus is free. `milliseconds` is how long the bus was held. */
  ask(request: Request): Promise<{ outcome: Outcome; milliseconds: number }>;
  /** How many requests may be under way at once. */
  readonly inFlightMax: number;
  stopped(): boolean;
}

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;
/** What a translating gateway answers in place of a slave that it cannot reach, or that says nothing. */
const gatewayPathUnavailable = 10;
const gatewayTargetSilent = 11;

/** The answer of the slave itself, or why there is none. */
function answerIn(outcome: Outcome): { readonly response: Response } | { readonly reason: string } {
  if ('failure' in outcome) {
    return { reason: outcome.failure };
  }
  const { response } = outcome;
  const code = response.kind === 'exception' ? response.code : 0;
  return code === gatewayPathUnavailable || code === gatewayTargetSilent
    ? { reason: `exception-${code}` }
    : { response };
}

/**
 * Reads these blocks of a slave. One without an answer ends it: the rest would wait in vain, one by one. (A damaged
 * answer does not: that slave is there.)
 */
export async function readSlave(slave: Slave, blocks: readonly ReadBlock[], asking: Asking): Promise<Cycle> {
  const waiting = [...blocks];
  const values: RawValue[] = [];
  const unanswered: Unanswered[] = [];
  const refused: ReadBlock[] = [];
  const exceptions: string[] = [];
  let answered = false;
  let lineLost = false;
  let failure: string | undefined;
  let blocksDivided = 0;

  const readOne = async (block: ReadBlock): Promise<void> => {
    const { outcome, milliseconds } = await asking.ask(requestOf(block));
    const answer = answerIn(outcome);
    if ('reason' in answer) {
      const { reason } = answer;
      failure = reason;
      const ends = reason !== 'checksum';
      const given = ends ? [block, ...waiting.splice(0)] : [block];
      if (reason === 'port-closed') {
        lineLost = true;
        return;
      }
      unanswered.push({ block, reason, milliseconds });
      values.push(...given.flatMap((lost) => failedValues(lost, reason)));
      return;
    }
    answered = true;
    const { response } = answer;
    if (response.kind !== 'exception') {
      slave.askAsUsual(block);
      values.push(...valuesOf(block, response));
      return;
    }
    const mayBeHole = response.code === illegalAddress || response.code === illegalValue;
    const parts = mayBeHole ? slave.divide(block) : [];
    if (parts.length > 0) {
      blocksDivided += 1;
      waiting.unshift(...parts);
    } else {
      if (mayBeHole || response.code === illegalFunction) {
        refused.push(block);
      }
      values.push(...failedValues(block, `exception-${response.code}`));
      exceptions.push(`exception-${response.code}`);
    }
  };

  const readOn = async (): Promise<void> => {
    for (let block = waiting.shift(); block !== undefined && !asking.stopped(); block = waiting.shift()) {
      await readOne(block);
    }
  };
  // What a reader divides while the others have nothing to do, they leave to it.
  await Promise.all(Array.from({ length: asking.inFlightMax }, readOn));
  return { values, answered, lineLost, failure, unanswered, refused, exceptions, blocksDivided };
}
