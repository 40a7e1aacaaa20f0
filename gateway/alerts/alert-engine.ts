import {
  adoptState,
  type CompiledRule,
  compileRule,
  dismissState,
  evaluateReading,
  evaluateTick,
  idleState,
  parseState,
  type RuleState,
  type Step,
  wakeAt,
} from '@andon/shared/alert-rules';
import type { AlertRule, DeviceDefinition, Reading } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type {
  ActiveAlert,
  AlertEngine,
  AlertEngineOptions,
  Evaluation,
  StoredAlertState,
} from './alert-engine-contract.ts';
import { Batch, nothingHappened } from './batch.ts';
import { type Sleeper, WakeQueue } from './wake-queue.ts';

/** The rules of one signal. */
interface Watch {
  readonly rules: WatchedRule[];
  /** When it was last heard of with GOOD quality, by the gateway's clock; 0 where it never was. */
  heardAt: number;
}

/** One rule of one device. There may be a hundred thousand, so it holds no text of its own. */
interface WatchedRule extends Sleeper {
  readonly deviceId: string;
  rule: CompiledRule;
  state: RuleState;
  watch: Watch;
  /** Since when silence counts: since this rule first asked about it. */
  listeningSince: number;
}

/** A wall clock that is behind by less is the order in which callers read it, not a step of the clock. */
const clockStepBackMillisecondsMin = 1000;

export function createAlertEngine(options: AlertEngineOptions): AlertEngine {
  return new GatewayAlertEngine(options);
}

function keyOf(deviceId: string, rule: AlertRule): string {
  return `${deviceId}/${rule.name}`;
}

class GatewayAlertEngine implements AlertEngine {
  readonly #newId: IdentifierSource;
  readonly #queue = new WakeQueue<WatchedRule>();
  /** By device, then by signal. */
  #devices = new Map<string, Map<string, Watch>>();
  #rules = new Map<string, WatchedRule>();
  /** Stored states of rules that no configuration has named yet. */
  #unclaimed: Map<string, RuleState>;
  #lastNow = 0;

  constructor(options: AlertEngineOptions) {
    this.#newId = options.newId;
    this.#unclaimed = parseStates(options.states);
  }

  configure(devices: readonly DeviceDefinition[], now: number): Evaluation {
    this.#observeClock(now);
    const batch = new Batch();
    const [oldDevices, oldRules] = [this.#devices, this.#rules];
    this.#devices = new Map();
    this.#rules = new Map();
    this.#queue.clear();
    const compiled = new Map<string, CompiledRule>();
    for (const device of devices) {
      const watches = new Map<string, Watch>();
      this.#devices.set(device.id, watches);
      for (const source of device.rules ?? []) {
        const key = keyOf(device.id, source);
        if (this.#rules.has(key)) continue;
        const rule = shared(compiled, source);
        const heardAt = oldDevices.get(device.id)?.get(source.signal)?.heardAt ?? 0;
        const watch = watches.get(source.signal) ?? { rules: [], heardAt };
        watches.set(source.signal, watch);
        const watched = this.#watch(device.id, rule, watch, oldRules.get(key), key, now);
        watch.rules.push(watched);
        this.#rules.set(key, watched);
        const moment = { deviceId: device.id, now };
        this.#apply(batch, watched, adoptState(rule, watched.state, moment, this.#newId));
        this.#schedule(watched);
      }
    }
    this.#dismissMissing(batch, oldRules, now);
    return batch.evaluation();
  }

  #watch(
    deviceId: string,
    rule: CompiledRule,
    watch: Watch,
    old: WatchedRule | undefined,
    key: string,
    now: number,
  ): WatchedRule {
    const wasListening =
      old?.rule.source.stale !== undefined && old.rule.source.signal === rule.source.signal;
    return {
      deviceId,
      rule,
      state: old?.state ?? this.#unclaimed.get(key) ?? idleState,
      watch,
      listeningSince: wasListening ? old.listeningSince : now,
      wakeAt: Infinity,
      queueIndex: -1,
    };
  }

  /** Ends what is open of rules that the configuration names no longer. */
  #dismissMissing(batch: Batch, oldRules: ReadonlyMap<string, WatchedRule>, now: number): void {
    const missing = new Map<string, { state: RuleState; source?: AlertRule }>();
    for (const [key, state] of this.#unclaimed) missing.set(key, { state });
    for (const [key, { state, rule }] of oldRules) missing.set(key, { state, source: rule.source });
    for (const [key, { state, source }] of missing) {
      if (this.#rules.has(key) || state === idleState) continue;
      const deviceId = key.slice(0, key.indexOf('/'));
      const reason = this.#devices.has(deviceId)
        ? 'the rule was removed from the device'
        : 'the device was removed from the gateway';
      batch.add(key, state, dismissState(state, reason, { deviceId, now }), source);
    }
    this.#unclaimed.clear();
  }

  evaluate(readings: readonly Reading[], now: number): Evaluation {
    this.#observeClock(now);
    let batch: Batch | undefined;
    for (const reading of readings) {
      const watch = this.#devices.get(reading.deviceId)?.get(reading.signal);
      if (watch === undefined) continue;
      if (reading.quality === 'GOOD') watch.heardAt = now;
      for (const watched of watch.rules) {
        const step = evaluateReading(watched.rule, watched.state, reading, this.#newId);
        if (step === undefined) continue;
        batch ??= new Batch();
        this.#apply(batch, watched, step);
        this.#schedule(watched);
      }
    }
    return batch === undefined ? nothingHappened : batch.evaluation();
  }

  tick(now: number): Evaluation {
    this.#observeClock(now);
    let batch: Batch | undefined;
    for (;;) {
      const watched = this.#queue.peek();
      if (watched === undefined || watched.wakeAt > now) break;
      const { deviceId, rule, state } = watched;
      const step = evaluateTick(rule, state, { deviceId, now, heardAt: heardAt(watched) }, this.#newId);
      if (step !== undefined) {
        batch ??= new Batch();
        this.#apply(batch, watched, step);
      }
      this.#schedule(watched, now + 1);
    }
    return batch === undefined ? nothingHappened : batch.evaluation();
  }

  nextWake(): number | undefined {
    return this.#queue.peek()?.wakeAt;
  }

  active(): ActiveAlert[] {
    const alerts: ActiveAlert[] = [];
    for (const { state } of this.#rules.values()) {
      if (state.open !== null) {
        alerts.push({ latest: state.open, raisedAt: state.raisedAt ?? state.open.sourceTime });
      }
    }
    return alerts;
  }

  reload(states: Iterable<StoredAlertState>): void {
    const stored = parseStates(states);
    this.#queue.clear();
    for (const [key, watched] of this.#rules) {
      watched.state = stored.get(key) ?? idleState;
      stored.delete(key);
      this.#schedule(watched);
    }
    this.#unclaimed = stored;
  }

  clockStepped(milliseconds: number): void {
    this.#lastNow += milliseconds;
    for (const watches of this.#devices.values()) {
      for (const watch of watches.values()) watch.heardAt += milliseconds;
    }
    this.#queue.clear();
    for (const watched of this.#rules.values()) {
      watched.listeningSince += milliseconds;
      const timing = watched.state.timing;
      if (timing !== null) {
        const gatewayTime = timing.gatewayTime + milliseconds;
        watched.state = { ...watched.state, timing: { ...timing, gatewayTime } };
      }
      this.#schedule(watched);
    }
  }

  #observeClock(now: number): void {
    const step = now - this.#lastNow;
    if (step <= -clockStepBackMillisecondsMin) this.clockStepped(step);
    if (step > 0) this.#lastNow = now;
  }

  #apply(batch: Batch, watched: WatchedRule, step: Step | undefined): void {
    if (step === undefined) return;
    const { source } = watched.rule;
    batch.add(keyOf(watched.deviceId, source), watched.state, step, source);
    watched.state = step.state;
  }

  #schedule(watched: WatchedRule, earliest = 0): void {
    const at = wakeAt(watched.rule, watched.state, heardAt(watched));
    this.#queue.schedule(watched, at === undefined ? undefined : Math.max(at, earliest));
  }
}

function heardAt(watched: WatchedRule): number {
  return Math.max(watched.watch.heardAt, watched.listeningSince);
}

/** Devices of one category have the same rules: they are held once. */
function shared(compiled: Map<string, CompiledRule>, source: AlertRule): CompiledRule {
  const identity = JSON.stringify(source);
  const known = compiled.get(identity);
  if (known !== undefined) return known;
  const rule = compileRule(source);
  compiled.set(identity, rule);
  return rule;
}

function parseStates(states: Iterable<StoredAlertState>): Map<string, RuleState> {
  const parsed = new Map<string, RuleState>();
  for (const { key, state } of states) parsed.set(key, parseState(state));
  return parsed;
}
