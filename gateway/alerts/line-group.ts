import type { AlertChild, AlertTransition } from '@andon/shared/contracts';

/** How long a device whose line is back may take until its own silence is told. */
const graceMilliseconds = 30_000;
/** How long the first list of children waits for more, and each later one. */
const tellFirstMilliseconds = 2000;
const tellAgainMilliseconds = 10_000;

/** What the group must know of a rule. */
export interface GroupedRule {
  readonly key: string;
  readonly child: AlertChild;
}

/**
 * The devices that share a line (a bus, a connector, or one device alone). The first communication alert of a line
 * from which nothing GOOD is heard any more stands for all others: they wait as its children.
 */
export class LineGroup<Rule extends GroupedRule> {
  readonly name: string;
  #firstOut: { readonly rule: Rule; readonly alertId: string } | undefined;
  #isSilent = false;
  #aliveSince = Number.NEGATIVE_INFINITY;
  readonly #children = new Map<string, Rule>();
  #tellAt = Number.POSITIVE_INFINITY;
  /** No list is told before this. */
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.name = name;
  }

  /** When `childrenToTell` has something to say. */
  get tellAt(): number {
    return this.#tellAt;
  }

  /** A device of the line was heard of with GOOD quality. */
  heard(now: number): void {
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#aliveSince = now;
    this.#tellAt = Number.POSITIVE_INFINITY;
  }

  /** May this rule say that its device is silent? If not, it is one of those that the first alert stands for. */
  mayRaise(rule: Rule, now: number): boolean {
    if (this.#isSilent && this.#firstOut !== undefined && this.#firstOut.rule !== rule) {
      if (!this.#children.has(rule.key)) {
        this.#children.set(rule.key, rule);
        this.#tellAt = Math.max(this.#quietUntil, Math.min(this.#tellAt, now + tellFirstMilliseconds));
      }
      return false;
    }
    if (!this.#children.has(rule.key)) return true;
    if (now - this.#aliveSince < graceMilliseconds) return false;
    this.#children.delete(rule.key);
    return true;
  }

  /** A communication alert was raised: from now on it stands for what follows in silence. */
  raised(rule: Rule, transition: AlertTransition): void {
    this.#firstOut = { rule, alertId: transition.alertId };
    this.#isSilent = true;
  }

  cleared(alertId: string): void {
    if (this.#firstOut?.alertId !== alertId) return;
    this.#firstOut = undefined;
    this.#isSilent = false;
    this.#tellAt = Number.POSITIVE_INFINITY;
  }

  /** The rule's device is of another line now. */
  left(rule: Rule): void {
    this.#children.delete(rule.key);
    if (this.#firstOut?.rule === rule) this.cleared(this.#firstOut.alertId);
  }

  /** After a restart: what was said of it is in its latest transition. */
  restore(rule: Rule, open: AlertTransition, children: readonly Rule[]): void {
    this.raised(rule, open);
    for (const child of children) this.#children.set(child.key, child);
  }

  /** The first alert and those that it stands for, where that is to be told now. */
  childrenToTell(now: number): { rule: Rule; children: AlertChild[] } | undefined {
    if (now < this.#tellAt || this.#firstOut === undefined) return undefined;
    this.#tellAt = Number.POSITIVE_INFINITY;
    this.#quietUntil = now + tellAgainMilliseconds;
    return { rule: this.#firstOut.rule, children: [...this.#children.values()].map(({ child }) => child) };
  }

  clockStepped(milliseconds: number): void {
    this.#aliveSince += milliseconds;
    this.#tellAt += milliseconds;
    this.#quietUntil += milliseconds;
  }
}
