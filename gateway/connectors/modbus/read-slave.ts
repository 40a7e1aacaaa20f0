import type { ReadBlock } from '@andon/shared/modbus-plan';
import type { RawValue } from '../connector.ts';
import type { Request } from './pdu.ts';
import { failedValues, requestOf, valuesOf } from './read-blocks.ts';
import type { Slave } from './slave.ts';
import type { Failure, Outcome } from './transport.ts';

/** What a poll of a slave brought. */
export interface Cycle {
  readonly values: readonly RawValue[];
  readonly answered: boolean;
  readonly lineLost: boolean;
  /** The last failure, where there was one. */
  readonly failure: Failure | undefined;
  /** The blocks that got no good answer, and how long each was waited for. */
  readonly unanswered: readonly { readonly block: ReadBlock; readonly milliseconds: number }[];
  /** Why values failed, one for each request that did. */
  readonly rejections: readonly string[];
  readonly blocksDivided: number;
}

export interface Asking {
  /** Asks the slave, once the bus is free. `milliseconds` is how long the bus was held. */
  ask(request: Request): Promise<{ outcome: Outcome; milliseconds: number }>;
  /** How many requests may be under way at once. */
  readonly inFlightMax: number;
  stopped(): boolean;
}

const illegalAddress = 2;
const illegalValue = 3;

/** Reads these blocks of a slave. One without an answer ends it: the rest would wait in vain, one by one. */
export async function readSlave(slave: Slave, blocks: readonly ReadBlock[], asking: Asking): Promise<Cycle> {
  const waiting = [...blocks];
  const values: RawValue[] = [];
  const unanswered: { block: ReadBlock; milliseconds: number }[] = [];
  const rejections: string[] = [];
  let answered = false;
  let lineLost = false;
  let failure: Failure | undefined;
  let blocksDivided = 0;

  const readOne = async (block: ReadBlock): Promise<void> => {
    const { outcome, milliseconds } = await asking.ask(requestOf(block));
    if ('failure' in outcome) {
      failure = outcome.failure;
      if (outcome.failure === 'port-closed') {
        lineLost = true;
        waiting.length = 0;
        return;
      }
      unanswered.push({ block, milliseconds });
      rejections.push(outcome.failure);
      const given = outcome.failure === 'timeout' ? [block, ...waiting.splice(0)] : [block];
      values.push(...given.flatMap((lost) => failedValues(lost, outcome.failure)));
      return;
    }
    answered = true;
    slave.speaksAt(block);
    const { response } = outcome;
    if (response.kind !== 'exception') {
      values.push(...valuesOf(block, response));
      return;
    }
    const mayBeHole = response.code === illegalAddress || response.code === illegalValue;
    const parts = mayBeHole ? slave.divide(block) : [];
    if (parts.length > 0) {
      blocksDivided += 1;
      waiting.unshift(...parts);
    } else {
      values.push(...failedValues(block, `exception-${response.code}`));
      rejections.push(`exception-${response.code}`);
    }
  };

  const readOn = async (): Promise<void> => {
    for (let block = waiting.shift(); block !== undefined && !asking.stopped(); block = waiting.shift()) {
      await readOne(block);
    }
  };
  // What a reader divides while the others have nothing to do, they leave to it.
  await Promise.all(Array.from({ length: asking.inFlightMax }, readOn));
  return { values, answered, lineLost, failure, unanswered, rejections, blocksDivided };
}
