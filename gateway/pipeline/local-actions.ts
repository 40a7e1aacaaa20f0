import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LocalAction, validatorOf } from '@andon/shared/contracts';
import { backoffMilliseconds } from '@andon/shared/kernel';
import type { AlertAction } from '../alerts/index.ts';
import type { Outbox } from '../outbox/index.ts';
import { Waker } from '../waker.ts';

const ageMillisecondsMax = 10 * 60_000;
const backoff = { baseMilliseconds: 250, capMilliseconds: 15_000 };
const waitingActionsMax = 10_000;

/** How an action ended: done, given up at ten minutes, or overtaken by a newer write to the same point. */
export type LocalActionOutcome = 'done' | 'given-up' | 'superseded';

interface JournaledAction {
  readonly id: number;
  readonly deviceId: string;
  readonly action: LocalAction;
  readonly at: number;
}

export interface LocalActionsOptions {
  readonly outbox: Outbox;
  /** Time that goes on evenly, for the age of an action; a clock that is set gives none up. */
  readonly steadyNow: () => number;
  readonly jitter: () => number;
  /** Carries the action out; rejects where it could not be. */
  readonly perform: (deviceId: string, action: LocalAction) => Promise<void>;
  readonly onOutcome: (outcome: LocalActionOutcome, action: LocalAction, error?: unknown) => void;
}

const checkAction = validatorOf(LocalAction);

/** Carries journaled actions out, in order for each target. */
export class LocalActions {
  readonly #options: LocalActionsOptions;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #count: StatementSync;
  readonly #delete: StatementSync;
  readonly #running = new Map<string, { readonly waker: Waker; readonly loop: Promise<void> }>();
  #stopped = false;

  constructor(database: DatabaseSync, options: LocalActionsOptions) {
    this.#options = options;
    this.#insert = database.prepare(
      'INSERT INTO local_actions (alert_id, device_id, action, at) VALUES (?, ?, ?, ?)',
    );
    this.#select = database.prepare(
      'SELECT id, device_id, action, at FROM local_actions ORDER BY id LIMIT ?',
    );
    this.#count = database.prepare('SELECT count(*) AS pending FROM local_actions');
    this.#delete = database.prepare('DELETE FROM local_actions WHERE id = ?');
  }

  /** Inside a transaction: journals the action. Call `wake` when it is committed. */
  write(action: AlertAction): void {
    const at = Math.round(this.#options.steadyNow());
    this.#insert.run(action.alertId, action.deviceId, JSON.stringify(action.action), at);
  }

  /** Carries actions out that could not be journaled, once; they are done again when they are journaled. */
  perform(actions: readonly AlertAction[]): void {
    const { perform, onOutcome } = this.#options;
    for (const { deviceId, action } of actions) {
      perform(deviceId, action).then(
        () => onOutcome('done', action),
        (error: unknown) => onOutcome('given-up', action, error),
      );
    }
  }

  /** Looks at the journal, and carries out what is there. */
  wake(): void {
    if (this.#stopped) {
      return;
    }
    for (const target of this.#targets()) {
      const running = this.#running.get(target);
      if (running) {
        running.waker.wake();
        continue;
      }
      const waker = new Waker();
      const loop = this.#run(target, waker).finally(() => this.#running.delete(target));
      this.#running.set(target, { waker, loop });
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { waker } of this.#running.values()) {
      waker.wake();
    }
    await Promise.all([...this.#running.values()].map(({ loop }) => loop));
  }

  pendingCount(): number {
    return this.#options.outbox.read(() => Number(this.#count.get()?.pending));
  }

  /** The targets that have something to do. */
  #targets(): string[] {
    try {
      return [...this.#pending().keys()];
    } catch {
      // The outbox shows what is wrong with it; the journal is looked at again with the next action, or start.
      return [];
    }
  }

  async #run(target: string, waker: Waker): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      const outcome = await this.#next(target).catch(() => 'failed' as const);
      if (outcome === 'nothing to do') {
        return;
      }
      failures = outcome === 'failed' ? failures + 1 : 0;
      if (outcome === 'failed' && !this.#stopped) {
        await waker.sleep(backoffMilliseconds(failures - 1, backoff, this.#options.jitter));
      }
    }
  }

  async #next(target: string): Promise<'nothing to do' | 'done' | 'failed'> {
    const waiting = this.#pending().get(target) ?? [];
    const first = waiting[0];
    if (!first) {
      return 'nothing to do';
    }
    return (await this.#step(first, waiting.length > 1)) ? 'done' : 'failed';
  }

  /** Gives whether the action has left the journal. */
  async #step(journaled: JournaledAction, hasSuccessor: boolean): Promise<boolean> {
    const { id, deviceId, action, at } = journaled;
    const { perform, onOutcome, steadyNow } = this.#options;
    if (action.type === 'write' && hasSuccessor) {
      return this.#finish(id, () => onOutcome('superseded', action));
    }
    try {
      await perform(deviceId, action);
    } catch (error) {
      if (steadyNow() - at < ageMillisecondsMax) {
        return false;
      }
      return this.#finish(id, () => onOutcome('given-up', action, error));
    }
    return this.#finish(id, () => onOutcome('done', action));
  }

  /** An action whose end cannot be journaled now is done again later: an action is idempotent. */
  async #finish(id: number, tell: () => void): Promise<boolean> {
    try {
      await this.#options.outbox.commit(() => this.#delete.run(id));
    } catch {
      return false;
    }
    tell();
    return true;
  }

  /** By target, oldest first. */
  #pending(): Map<string, JournaledAction[]> {
    return this.#options.outbox.read(() => this.#read());
  }

  #read(): Map<string, JournaledAction[]> {
    const pending = new Map<string, JournaledAction[]>();
    for (const row of this.#select.iterate(waitingActionsMax)) {
      const action: unknown = JSON.parse(String(row.action));
      if (checkAction.Check(action)) {
        const deviceId = String(row.device_id);
        const target = targetOf(deviceId, action);
        const list = pending.get(target) ?? [];
        list.push({ id: Number(row.id), deviceId, action, at: Number(row.at) });
        pending.set(target, list);
      }
    }
    return pending;
  }
}

function targetOf(deviceId: string, action: LocalAction): string {
  return action.type === 'publish'
    ? `topic ${action.topic}`
    : `point ${action.deviceId ?? deviceId} ${action.point}`;
}
