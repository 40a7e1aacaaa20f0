import type { CompiledRule, RuleState } from '@andon/shared/alert-rules';
import type { AlertChild, Reading } from '@andon/shared/contracts';
import type { LineGroup } from './line-group.ts';
import type { Sleeper } from './wake-queue.ts';

/** A device, as its rules see it. */
export interface WatchedDevice {
  readonly id: string;
  /** By signal: a rule that looks at several stands under each. */
  readonly watches: Map<string, Watch>;
  group: LineGroup<WatchedRule>;
}

/** The rules of one signal. */
export interface Watch {
  readonly rules: WatchedRule[];
  /** When it was last heard of with GOOD quality, by the gateway's clock; 0 where it never was. */
  heardAt: number;
}

/** One rule of one device. There may be a hundred thousand, so it holds no text of its own. */
export class WatchedRule implements Sleeper {
  readonly device: WatchedDevice;
  rule: CompiledRule;
  state: RuleState;
  /** The watch of the rule's own signal. */
  readonly watch: Watch;
  /** Since when silence counts: since this rule first asked about it. */
  listeningSince: number;
  wakeAt = Number.POSITIVE_INFINITY;
  queueIndex = -1;
  /** Readings of one moment that wait until the moment is whole; a rule with a plan only. */
  pending: Reading[] | undefined;
  /** The rules of the device that look at this one. */
  dependents: WatchedRule[] | undefined;
  /** When its state was stored last, by the gateway's clock. */
  storedAt = 0;
  /** It is not looked at before this: another alert stands for it. */
  deferredUntil = 0;

  constructor(
    device: WatchedDevice,
    watch: Watch,
    rule: CompiledRule,
    state: RuleState,
    listeningSince: number,
  ) {
    this.device = device;
    this.watch = watch;
    this.rule = rule;
    this.state = state;
    this.listeningSince = listeningSince;
  }

  get key(): string {
    return `${this.device.id}/${this.rule.source.name}`;
  }

  get child(): AlertChild {
    return { deviceId: this.device.id, rule: this.rule.source.name };
  }

  get heardAt(): number {
    return Math.max(this.watch.heardAt, this.listeningSince);
  }
}
