import {
  adoptState,
  type CompiledRule,
  dismissState,
  evaluateMoment,
  evaluateReading,
  evaluateRuleInput,
  evaluateTick,
  idleState,
  type RuleState,
  type Step,
  shiftGatewayClock,
  standFor,
  storingPeriod,
  wakeAt,
} from '@andon/shared/alert-rules';
import type { AlertRule, DeviceDefinition, Reading } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type {
  ActiveAlert,
  AlertEngine,
  AlertEngineOptions,
  Evaluation,
  RuleRequest,
  ShelvedRule,
} from './alert-engine-contract.ts';
import { Batch, nothingHappened } from './batch.ts';
import { LineGroup } from './line-group.ts';
import { heardSignals, parseStates, shared } from './prepared.ts';
import { isRecording, RecordingAlertEngine } from './recording-engine.ts';
import { carryOut } from './rule-requests.ts';
import { WakeQueue } from './wake-queue.ts';
import { type Watch, type WatchedDevice, WatchedRule } from './watched-rule.ts';

/** A wall clock that is behind by less is the order in which callers read it, not a step of the clock. */
const clockStepBackMillisecondsMin = 1000;
/** How often a rule for which another alert stands is looked at. */
const childMilliseconds = 5000;
/** Rules look at rules that look at rules, but not in a circle; this many steps end one that was let through. */
const dependentDepthMax = 20;

export function createAlertEngine(options: AlertEngineOptions): AlertEngine {
  const { recorder } = options;
  const stored = [...options.states];
  const cutOff = stored.filter(isRecording);
  const engine = new GatewayAlertEngine({ ...options, states: stored.filter((row) => !isRecording(row)) });
  return recorder === undefined ? engine : new RecordingAlertEngine(engine, recorder, cutOff);
}

function keyOf(deviceId: string, rule: AlertRule): string {
  return `${deviceId}/${rule.name}`;
}

class GatewayAlertEngine implements AlertEngine {
  readonly #newId: IdentifierSource;
  readonly #lineOf: (deviceId: string) => string | undefined;
  readonly #takeMoved: (() => readonly string[]) | undefined;
  readonly #queue = new WakeQueue<WatchedRule>();
  #devices = new Map<string, WatchedDevice>();
  #groups = new Map<string, LineGroup<WatchedRule>>();
  #rules = new Map<string, WatchedRule>();
  /** Stored states of rules that no configuration has named yet. */
  #unclaimed: Map<string, RuleState>;
  /** Rules whose moment is not whole yet. */
  readonly #moment: WatchedRule[] = [];
  #lastNow = 0;

  constructor(options: AlertEngineOptions) {
    this.#newId = options.newId;
    this.#lineOf = options.lineOf ?? (() => undefined);
    this.#takeMoved = options.takeMoved;
    this.#unclaimed = parseStates(options.states);
  }

  configure(devices: readonly DeviceDefinition[], now: number): Evaluation {
    this.#observeClock(now);
    const batch = new Batch();
    const [oldDevices, oldRules] = [this.#devices, this.#rules];
    this.#devices = new Map();
    this.#groups = new Map();
    this.#rules = new Map();
    this.#queue.clear();
    const compiled = new Map<string, CompiledRule>();
    const heard = heardSignals(this.#unclaimed, oldRules);
    for (const definition of devices) {
      const watches = new Map<string, Watch>();
      const device = { id: definition.id, watches, group: this.#groupOf(definition.id) };
      this.#devices.set(device.id, device);
      for (const source of definition.rules ?? []) {
        const key = keyOf(device.id, source);
        if (this.#rules.has(key)) continue;
        const rule = shared(compiled, source);
        const watched = this.#watch(device, rule, oldDevices.get(device.id), oldRules.get(key), key, now);
        this.#rules.set(key, watched);
        const isHeard = watched.watch.heardAt > 0 || heard.has(`${device.id}/${source.signal}`);
        const moment = { deviceId: device.id, now, isHeard };
        this.#apply(batch, watched, adoptState(rule, watched.state, moment, this.#newId), now);
        this.#schedule(watched);
      }
    }
    this.#dismissMissing(batch, oldRules, now);
    this.#restoreGroups();
    this.#connectRules(batch, now);
    return batch.evaluation();
  }

  #groupOf(deviceId: string): LineGroup<WatchedRule> {
    const line = this.#lineOf(deviceId);
    const name = line ?? deviceId;
    const key = line === undefined ? `device ${deviceId}` : `line ${line}`;
    const group = this.#groups.get(key) ?? new LineGroup<WatchedRule>(name);
    this.#groups.set(key, group);
    return group;
  }

  /** Who is heard on another line stands for that one, and no longer for the one that it left. */
  #regroup(deviceId: string): void {
    const device = this.#devices.get(deviceId);
    if (device === undefined) return;
    const group = this.#groupOf(deviceId);
    if (group === device.group) return;
    for (const { rules } of device.watches.values()) for (const rule of rules) device.group.left(rule);
    this.#groups.delete(`device ${deviceId}`);
    device.group = group;
  }

  #watch(
    device: WatchedDevice,
    rule: CompiledRule,
    oldDevice: WatchedDevice | undefined,
    old: WatchedRule | undefined,
    key: string,
    now: number,
  ): WatchedRule {
    const watchOf = (signal: string): Watch => {
      const heardAt = oldDevice?.watches.get(signal)?.heardAt ?? 0;
      const watch = device.watches.get(signal) ?? { rules: [], heardAt };
      device.watches.set(signal, watch);
      return watch;
    };
    const wasListening =
      old?.rule.source.stale !== undefined && old.rule.source.signal === rule.source.signal;
    const watched = new WatchedRule(
      device,
      watchOf(rule.source.signal),
      rule,
      old?.state ?? this.#unclaimed.get(key) ?? idleState,
      wasListening ? old.listeningSince : now,
    );
    for (const signal of rule.plan?.signals ?? [rule.source.signal]) watchOf(signal).rules.push(watched);
    return watched;
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

  /** The open communication alert that was raised last stands for its line, as before. */
  #restoreGroups(): void {
    const latest = new Map<LineGroup<WatchedRule>, WatchedRule>();
    for (const watched of this.#rules.values()) {
      const { open } = watched.state;
      if (open === null || !isCommunication(open.state)) continue;
      const other = latest.get(watched.device.group)?.state.open;
      if (other === undefined || other === null || other.gatewayTime < open.gatewayTime) {
        latest.set(watched.device.group, watched);
      }
    }
    for (const [group, watched] of latest) {
      const { open } = watched.state;
      if (open === null) continue;
      const children = (open.children ?? [])
        .map(({ deviceId, rule }) => this.#rules.get(`${deviceId}/${rule}`))
        .filter((child) => child !== undefined);
      group.restore(watched, open, children);
    }
  }

  /** Tells rules that look at others how those stand. */
  #connectRules(batch: Batch, now: number): void {
    for (const watched of this.#rules.values()) {
      for (const name of watched.rule.plan?.rules ?? []) {
        const other = this.#rules.get(`${watched.device.id}/${name}`);
        if (other === undefined) continue;
        other.dependents ??= [];
        other.dependents.push(watched);
        this.#tellDependent(batch, watched, other, now, 0);
      }
    }
  }

  #tellDependent(batch: Batch, dependent: WatchedRule, other: WatchedRule, now: number, depth: number): void {
    const { device, rule, state } = dependent;
    const isActive = other.state.open !== null;
    const input = { deviceId: device.id, rule: other.rule.source.name, isActive, now };
    const step = evaluateRuleInput(rule, state, input, this.#newId, this.#gate(dependent, now));
    this.#apply(batch, dependent, step, now, depth + 1);
    this.#schedule(dependent);
  }

  evaluate(readings: readonly Reading[], now: number): Evaluation {
    this.#observeClock(now);
    for (const deviceId of this.#takeMoved?.() ?? []) this.#regroup(deviceId);
    let batch: Batch | undefined;
    let last: Reading | undefined;
    for (const reading of readings) {
      const device = this.#devices.get(reading.deviceId);
      if (device === undefined) continue;
      if (reading.quality === 'GOOD') device.group.heard(now);
      const watch = device.watches.get(reading.signal);
      if (watch === undefined) continue;
      if (reading.quality === 'GOOD') watch.heardAt = now;
      if (last !== undefined && this.#moment.length > 0 && beginsAnotherMoment(reading, last, watch)) {
        batch = this.#endMoment(batch, now);
      }
      last = reading;
      for (const watched of watch.rules) {
        if (watched.rule.plan !== null) {
          if (watched.pending === undefined) {
            watched.pending = [];
            this.#moment.push(watched);
          }
          watched.pending.push(reading);
          continue;
        }
        const step = evaluateReading(watched.rule, watched.state, reading, this.#newId);
        if (step === undefined) continue;
        batch ??= new Batch();
        this.#apply(batch, watched, step, now);
        this.#schedule(watched);
      }
    }
    if (this.#moment.length > 0) batch = this.#endMoment(batch, now);
    return batch === undefined ? nothingHappened : batch.evaluation();
  }

  /** Judges the rules that waited for the whole of a moment. */
  #endMoment(begun: Batch | undefined, now: number): Batch | undefined {
    let batch = begun;
    for (const watched of this.#moment) {
      const { rule, state, pending = [] } = watched;
      watched.pending = undefined;
      const step = evaluateMoment(rule, state, pending, this.#newId, this.#gate(watched, now));
      if (step === undefined) continue;
      batch ??= new Batch();
      this.#apply(batch, watched, step, now);
      this.#schedule(watched);
    }
    this.#moment.length = 0;
    return batch;
  }

  tick(now: number): Evaluation {
    this.#observeClock(now);
    let batch: Batch | undefined;
    for (;;) {
      const watched = this.#queue.peek();
      if (watched === undefined || watched.wakeAt > now) break;
      const { device, rule, state, heardAt } = watched;
      const tick = { deviceId: device.id, now, heardAt, gate: this.#gate(watched, now) };
      const step = evaluateTick(rule, state, tick, this.#newId);
      if (step !== undefined) {
        batch ??= new Batch();
        this.#apply(batch, watched, step, now);
      }
      this.#schedule(watched, now + 1);
    }
    for (const group of this.#groups.values()) {
      if (group.tellAt > now) continue;
      batch ??= new Batch();
      this.#tellChildren(batch, group, now);
    }
    return batch === undefined ? nothingHappened : batch.evaluation();
  }

  #tellChildren(batch: Batch, group: LineGroup<WatchedRule>, now: number): void {
    const told = group.childrenToTell(now);
    if (told === undefined) return;
    this.#apply(batch, told.rule, standFor(told.rule.state, told.children, { line: group.name, now }), now);
  }

  nextWake(): number | undefined {
    let earliest = this.#queue.peek()?.wakeAt ?? Infinity;
    for (const { tellAt } of this.#groups.values()) earliest = Math.min(earliest, tellAt);
    return earliest === Infinity ? undefined : earliest;
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

  shelved(): ShelvedRule[] {
    const shelved: ShelvedRule[] = [];
    for (const { state, child } of this.#rules.values()) {
      if (state.shelf === null) continue;
      const { kind, until, by, reason } = state.shelf;
      shelved.push({ ...child, kind, until, by, reason });
    }
    return shelved;
  }

  ask(request: RuleRequest, now: number): Evaluation {
    this.#observeClock(now);
    const watched = this.#rules.get(`${request.deviceId}/${request.rule}`);
    const step = carryOut(request, watched, now);
    if (watched === undefined || step === undefined) return nothingHappened;
    const batch = new Batch();
    this.#apply(batch, watched, step, now);
    this.#schedule(watched);
    return batch.evaluation();
  }

  clockStepped(milliseconds: number): void {
    this.#lastNow += milliseconds;
    for (const { watches } of this.#devices.values()) {
      for (const watch of watches.values()) {
        // 0 is never, by whatever clock.
        if (watch.heardAt > 0) watch.heardAt += milliseconds;
      }
    }
    for (const group of this.#groups.values()) group.clockStepped(milliseconds);
    this.#queue.clear();
    for (const watched of this.#rules.values()) {
      watched.listeningSince += milliseconds;
      watched.deferredUntil += milliseconds;
      watched.storedAt += milliseconds;
      watched.state = shiftGatewayClock(watched.state, milliseconds);
      this.#schedule(watched);
    }
  }

  #observeClock(now: number): void {
    const step = now - this.#lastNow;
    if (step <= -clockStepBackMillisecondsMin) this.clockStepped(step);
    if (step > 0) this.#lastNow = now;
  }

  #gate(watched: WatchedRule, now: number): () => boolean {
    return () => {
      const mayRaise = watched.device.group.mayRaise(watched, now);
      if (!mayRaise) watched.deferredUntil = now + childMilliseconds;
      return mayRaise;
    };
  }

  #apply(batch: Batch, watched: WatchedRule, step: Step | undefined, now: number, depth = 0): void {
    if (step === undefined) return;
    const { rule, state: before, device } = watched;
    const isDue = now - watched.storedAt >= storingPeriod(rule);
    if (batch.addLazily(keyOf(device.id, rule.source), before, step, rule, isDue)) watched.storedAt = now;
    watched.state = step.state;
    for (const transition of step.transitions) {
      if (transition.transition === 'cleared') device.group.cleared(transition.alertId);
      if (transition.transition === 'raised' && isCommunication(transition.state)) {
        device.group.raised(watched, transition);
      }
    }
    if ((before.open === null) === (step.state.open === null) || depth >= dependentDepthMax) return;
    for (const dependent of watched.dependents ?? [])
      this.#tellDependent(batch, dependent, watched, now, depth);
  }

  #schedule(watched: WatchedRule, earliest = 0): void {
    const at = wakeAt(watched.rule, watched.state, watched.heardAt);
    const latest = Math.max(earliest, watched.deferredUntil);
    this.#queue.schedule(watched, at === undefined ? undefined : Math.max(at, latest));
  }
}

function isCommunication(state: string): boolean {
  return state === 'STALE' || state === 'BAD_QUALITY';
}

/** Another device, another time, or a second value of a signal: what was said before belongs together. */
function beginsAnotherMoment(reading: Reading, last: Reading, { rules }: Watch): boolean {
  return (
    reading.deviceId !== last.deviceId ||
    reading.sourceTime !== last.sourceTime ||
    rules.some(({ pending = [] }) => pending.some(({ signal }) => signal === reading.signal))
  );
}
