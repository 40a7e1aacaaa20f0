import { type Command, type CommandUpdate, commandReason, type SignalValue } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import type { Append } from '../outbox/index.ts';
import { type Decision, type FinalState, type JournaledCommand, mayHaveBeenForgotten } from './decide.ts';
import { type CommandJournal, isOpen, tell } from './journal.ts';

const openPerDeviceMax = 100;
const reasonMax = 500;

export interface DeviceAnswer {
  readonly deviceId: string;
  readonly commandId: string;
  readonly status: 'accepted' | 'executing' | 'succeeded' | 'failed' | 'rejected';
  readonly reason?: string;
  readonly result?: Record<string, SignalValue>;
}

interface End {
  readonly state: FinalState;
  readonly reason?: string;
  readonly bootIdAfter?: string;
  readonly result?: CommandUpdate['result'];
}

/** The steps of a command: each journals a state and tells the cloud of it, inside the running transaction. */
export class CommandSteps {
  readonly #journal: CommandJournal;
  readonly #clock: Clock;
  /** When this gateway lost its memory, if it did. */
  readonly #memoryLostAt: number | undefined;

  constructor(journal: CommandJournal, clock: Clock, memoryLostAt: number | undefined) {
    this.#journal = journal;
    this.#clock = clock;
    this.#memoryLostAt = memoryLostAt;
  }

  receive(command: Command, append: Append): void {
    const now = this.#clock.now();
    const full = this.#journal.openCount(command.deviceId) >= openPerDeviceMax;
    if (!this.#journal.insert(command, now)) {
      return;
    }
    tell(append, command, 'DELIVERED', now);
    const received = { command, state: 'RECEIVED', executingAt: undefined, bootIdBefore: undefined } as const;
    if (mayHaveBeenForgotten(command, this.#memoryLostAt)) {
      this.#end(append, received, {
        state: 'FAILED',
        reason: commandReason('interrupted-forgotten'),
      });
    } else if (full) {
      this.#end(append, received, {
        state: 'REJECTED',
        reason: commandReason('too-many', { count: openPerDeviceMax }),
      });
    }
  }

  cancel(commandId: string, append: Append): void {
    const journaled = this.#journal.byId(commandId);
    if (journaled?.state === 'RECEIVED') {
      this.#end(append, journaled, { state: 'CANCELLED' });
    }
  }

  /** Answers to commands that are not open, or of another device, are of no consequence. */
  answer(answer: DeviceAnswer, append: Append): void {
    const journaled = this.#journal.byId(answer.commandId);
    if (!journaled || journaled.command.deviceId !== answer.deviceId || !isSpokenOf(journaled)) {
      return;
    }
    const { status } = answer;
    const more = {
      ...(answer.reason !== undefined && { reason: answer.reason.slice(0, reasonMax) }),
      ...(answer.result !== undefined && { result: answer.result }),
    };
    if (status === 'failed' || status === 'rejected') {
      this.#end(append, journaled, { state: status === 'failed' ? 'FAILED' : 'REJECTED', ...more });
    } else if (status === 'succeeded' && journaled.command.name !== 'reboot') {
      this.#begin(append, journaled);
      this.#end(append, { ...journaled, state: 'EXECUTING' }, { state: 'SUCCEEDED', ...more });
    } else if (status === 'accepted') {
      tell(append, journaled.command, 'ACCEPTED', this.#clock.now(), more);
    } else {
      this.#begin(append, journaled, more.reason);
    }
  }

  /** Journals that the device is about to be spoken to. Gives false where it is too late for that. */
  attempt(attempting: JournaledCommand): boolean {
    const begins = this.#journal.byId(attempting.command.id)?.state === 'RECEIVED';
    if (begins) {
      this.#journal.update(attempting);
    }
    return begins;
  }

  /** Does what was decided of `journaled`, unless an answer or a cancellation has moved it on meanwhile. */
  carryOut(journaled: JournaledCommand, decision: Decision, append: Append): void {
    const current = this.#journal.byId(journaled.command.id);
    if (current?.state !== journaled.state) {
      return;
    }
    if (decision.kind === 'finish') {
      this.#end(append, current, decision);
    } else if (decision.kind === 'again') {
      this.#journal.update({ ...current, state: 'RECEIVED', executingAt: undefined });
    } else if (decision.kind === 'executing') {
      this.#begin(append, current);
    } else if (decision.kind === 'note-boot-id') {
      this.#journal.update({ ...current, bootIdBefore: decision.bootId });
    }
  }

  /** Tells once that the command is with the device. */
  #begin(append: Append, journaled: JournaledCommand, reason?: string): void {
    if (journaled.state === 'EXECUTING') {
      return;
    }
    const { command, bootIdBefore } = journaled;
    this.#journal.update({ ...journaled, state: 'EXECUTING' });
    tell(append, command, 'EXECUTING', this.#clock.now(), {
      ...(reason !== undefined && { reason }),
      ...(bootIdBefore !== undefined && { bootIdBefore }),
    });
  }

  #end(append: Append, journaled: JournaledCommand, end: End): void {
    const { state, reason, bootIdAfter, result } = end;
    const { command, bootIdBefore } = journaled;
    this.#journal.update({ ...journaled, state });
    tell(append, command, state, this.#clock.now(), {
      ...(reason !== undefined && { reason }),
      ...(bootIdBefore !== undefined && { bootIdBefore }),
      ...(bootIdAfter !== undefined && { bootIdAfter }),
      ...(result !== undefined && { result }),
    });
  }
}

/** Has the device been spoken to, so that an answer can be meant for it? */
function isSpokenOf(journaled: JournaledCommand): boolean {
  return isOpen(journaled) && journaled.state !== 'RECEIVED';
}
